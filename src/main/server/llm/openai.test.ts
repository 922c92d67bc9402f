import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  answerOf,
  brokenToolCall,
  chunkOf,
  cutAfter,
  DONE,
  errorFrame,
  failureOf,
  htmlPage,
  type LlmServer,
  type LlmServerOptions,
  piecesOf,
  silence,
  stallAfter,
  startLlmServer,
  tokensOf,
  wholeAnswer,
} from '../../../../testing/llm-server';
import { MAX_TEXT_CHARACTERS } from '../../../shared/protocol';
import { ProviderError } from '../provider-error';
import { NoAnswerError } from './faults';
import type { ChatMessage, LlmOptions } from './llm';
import { OpenAiLlm } from './openai';
import type { LlmConfig } from './presets';

const QUESTION: ChatMessage[] = [
  { role: 'system', content: 'You are brief.' },
  { role: 'user', content: 'Who are you?' },
];
const KEY = 'test-key-0123456789';

const open: LlmServer[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(options: LlmServerOptions | LlmServerOptions['script']): Promise<LlmServer> {
  const server = await startLlmServer(
    typeof options === 'object' && 'script' in options ? options : { script: options },
  );
  open.push(server);
  return server;
}

const llmAt = (server: { url: string }, config: Partial<LlmConfig> = {}): OpenAiLlm =>
  new OpenAiLlm({
    service: 'custom',
    baseUrl: server.url,
    model: 'scripted',
    keyVariable: 'OPENAI_API_KEY',
    extraBody: {},
    ...config,
  });

async function ask(llm: OpenAiLlm, options: Partial<LlmOptions> = {}) {
  const pieces: string[] = [];
  let fault: ProviderError | undefined;
  try {
    for await (const piece of llm.stream(QUESTION, { signal: AbortSignal.timeout(20_000), ...options })) {
      pieces.push(piece);
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    fault = error;
  }
  for (const piece of pieces) expect(piece).not.toBe('');
  return { pieces, text: pieces.join(''), fault };
}

/** What a scripted reply becomes. */
const answerTo = async (script: LlmServerOptions['script'], config?: Partial<LlmConfig>) =>
  ask(llmAt(await serve(script), config));

describe('an answer', () => {
  it('comes in the pieces in which the model sends it', async () => {
    const { pieces, fault } = await answerTo(answerOf('你好，我是主持人。 Hello there.'));
    expect(pieces).toEqual(tokensOf('你好，我是主持人。 Hello there.'));
    expect(fault).toBeUndefined();
  });

  it('is asked for with model, messages, temperature and extra keys, which cannot change what is essential', async () => {
    const server = await serve(answerOf('Yes.'));
    const extraBody = { enable_search: true, enable_thinking: false, stream: false, messages: [], model: 'other' };
    await ask(llmAt(server, { temperature: 0.4, extraBody }));
    expect(server.requests[0]!.body).toEqual({
      enable_search: true,
      enable_thinking: false,
      temperature: 0.4,
      model: 'scripted',
      messages: QUESTION,
      stream: true,
    });
  });

  it("takes nothing else along: no other key, organisation or header of the library's own variables", async () => {
    vi.stubEnv('OPENAI_API_KEY', 'sk-of-openai');
    vi.stubEnv('OPENAI_ADMIN_KEY', 'sk-admin');
    vi.stubEnv('OPENAI_ORG_ID', 'org-secret');
    vi.stubEnv('OPENAI_PROJECT_ID', 'project-secret');
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'x-secret: header-secret');
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:9/v1');
    const server = await serve(answerOf('Yes.'));
    expect((await ask(llmAt(server))).text).toBe('Yes.');
    expect((await ask(llmAt(server, { apiKey: KEY }))).text).toBe('Yes.');
    const [without, withKey] = server.requests.map(({ headers }) => headers);
    expect(without!.authorization).toBeUndefined();
    expect(withKey!.authorization).toBe(`Bearer ${KEY}`);
    expect(JSON.stringify(server.requests)).not.toMatch(/secret|sk-|stainless/i);
  });

  it('leaves the connection open for the next question', async () => {
    let connections = 0;
    const http = createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(`data: ${JSON.stringify(chunkOf({ content: 'Yes.' }, 'stop'))}\n\ndata: [DONE]\n\n`);
      });
    });
    http.on('connection', () => (connections += 1));
    const url = await listen(http);
    const llm = llmAt({ url });
    for (let i = 0; i < 3; i++) {
      expect((await ask(llm)).text).toBe('Yes.');
      // A connection is free again one turn of the event loop after its last byte.
      await sleep(20);
    }
    http.closeAllConnections();
    http.close();
    expect(connections).toBe(1);
  });

  it('is over when the model says so, even where the service leaves the response open', async () => {
    const finished = { data: chunkOf({}, 'stop') };
    for (const frames of [
      [finished, { stall: true } as const],
      [DONE, { stall: true } as const],
    ]) {
      const server = await serve({ frames: [{ data: chunkOf({ content: 'Yes.' }) }, ...frames] });
      expect(await ask(llmAt(server))).toMatchObject({ text: 'Yes.', fault: undefined });
      expect(await server.requests[0]!.ended).toBe('closed by client');
    }
  });

  it('waits for a slow listener, long after the service has sent all of it', async () => {
    const text = '长篇大论。'.repeat(1_000);
    const server = await serve(answerOf(text));
    let heard = '';
    for await (const piece of llmAt(server).stream(QUESTION, { signal: AbortSignal.timeout(20_000) })) {
      if (heard === '') await sleep(1_000);
      heard += piece;
    }
    expect(heard).toBe(text);
    expect(await server.requests[0]!.ended).toBe('finished');
  });

  it('may come whole, from a service that does not stream', async () => {
    expect(await answerTo(wholeAnswer('<think>well</think>\nAll at once.'))).toMatchObject({
      pieces: ['All at once.'],
      fault: undefined,
    });
    const long = await answerTo(wholeAnswer('Half of', 'length'));
    expect([long.text, long.fault?.reason]).toEqual(['Half of', 'it stopped at its token limit']);
  });

  it('may come with lists of parts, usage at its end, comments and unknown fields', async () => {
    const parts = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'no' }] },
      { type: 'text', text: 'Yes.' },
    ];
    const { text, fault } = await answerTo({
      frames: [
        { raw: ': OPENROUTER PROCESSING\n\n' },
        { raw: 'event: message\nid: 7\n' },
        { data: chunkOf({ content: parts }) },
        { data: chunkOf({ content: null }, 'stop') },
        { data: { choices: [], usage: { total_tokens: 3 } } },
        DONE,
      ],
    });
    expect([text, fault]).toEqual(['Yes.', undefined]);
  });
});

describe('reasoning', () => {
  it.each(['reasoning_content', 'reasoning'])('in %s is life, but not text', async (key) => {
    const onActivity = vi.fn();
    const deltas = [{ [key]: 'The user' }, { [key]: ' asks' }, { content: 'I am' }, { content: ' Herald.' }];
    const server = await serve({
      frames: [...deltas.map((delta) => ({ data: chunkOf(delta) })), { data: chunkOf({}, 'stop') }],
    });
    expect(await ask(llmAt(server), { onActivity })).toMatchObject({ pieces: ['I am', ' Herald.'], fault: undefined });
    expect(onActivity).toHaveBeenCalledTimes(2);
  });

  it('inside the text is left out, wherever the tags are cut', async () => {
    const onActivity = vi.fn();
    const server = await serve(
      piecesOf(['<', 'thi', 'nk>They', ' ask', '</th', 'ink>', '\n\n', 'I am', ' a < b', '.']),
    );
    expect(await ask(llmAt(server), { onActivity })).toMatchObject({ text: 'I am a < b.', fault: undefined });
    expect(onActivity).toHaveBeenCalled();
  });

  it('alone is no answer', async () => {
    for (const reply of [piecesOf(['<think>hmm', ' and so on']), answerOf('', { reasoning: 'hmm and so on' })]) {
      expect(await answerTo(reply)).toMatchObject({
        pieces: [],
        fault: { reason: 'it thought, but gave no answer', retrySafe: false },
      });
    }
  });
});

describe('an answer that is not whole', () => {
  it.each([
    ['length', 'Half of', 'it stopped at its token limit', /max_tokens/],
    ['length', '', 'it reached its token limit before it said anything', /max_tokens/],
    ['content_filter', 'Half of', 'its content filter stopped the answer', /other words/],
  ] as const)('finish reason %s after %j', async (finish, text, reason, remedy) => {
    expect(await answerTo(answerOf(text, { finish }))).toMatchObject({
      text,
      fault: { part: 'llm', reason, remedy: expect.stringMatching(remedy), retrySafe: false },
    });
  });

  it('because the socket was cut in mid-word', async () => {
    const { text, fault } = await answerTo(cutAfter('Good mor'));
    expect(text).toBe('Good mor');
    expect(fault).toMatchObject({ reason: 'the connection was lost in mid-answer', remedy: 'Ask again.' });
    // Something has been heard.
    expect(fault!.retrySafe).toBe(false);
  });

  it('because the socket was cut before the first word: worth another try', async () => {
    const { pieces, fault } = await answerTo(cutAfter(''));
    expect(pieces).toEqual([]);
    expect(fault).toMatchObject({ reason: expect.stringMatching(/^the connection to 127.0.0.1:\d+ was lost$/) });
    expect(fault!.retrySafe).toBe(true);
  });

  it('because the stream ended without a finish reason or [DONE]', async () => {
    const lost = await answerTo(answerOf('Good mor', { finish: null }));
    expect([lost.text, lost.fault?.reason]).toEqual(['Good mor', 'the connection was lost in mid-answer']);
    const nothing = await answerTo(answerOf('', { finish: null }));
    expect(nothing.fault).toMatchObject({ reason: 'the connection was lost before the answer', retrySafe: true });
    // [DONE] alone is an end.
    const done = await answerTo({ frames: [{ data: chunkOf({ content: 'Good.' }) }, DONE] });
    expect(done).toMatchObject({ text: 'Good.', fault: undefined });
  });

  it('because it is empty, or blank', async () => {
    for (const reply of [
      answerOf(''),
      answerOf(' \n\n '),
      wholeAnswer(''),
      { frames: [{ data: { choices: [] } }, DONE] },
    ]) {
      expect(await answerTo(reply)).toMatchObject({
        pieces: [],
        fault: { reason: 'its answer was empty', remedy: expect.stringContaining('--llm_model') },
      });
    }
  });

  it('because it calls a tool, with arguments that are not even JSON', async () => {
    expect(await answerTo(brokenToolCall())).toMatchObject({
      pieces: [],
      fault: {
        reason: 'it called the tool play_guzheng instead of answering',
        remedy: expect.stringContaining('--llm_extra_body'),
        retrySafe: false,
      },
    });
    expect(await answerTo(brokenToolCall('Here it is.'))).toMatchObject({ text: 'Here it is.', fault: undefined });
  });

  it('because an error frame ends it', async () => {
    expect(await answerTo(errorFrame('Well, ', 'CUDA out of memory.\nSee the log.'))).toMatchObject({
      text: 'Well, ',
      fault: { reason: 'it gave up: CUDA out of memory. See the log', remedy: expect.stringContaining('Ask again') },
    });
    const bare = { object: 'error', message: 'engine is dead', code: 500 };
    expect((await answerTo({ frames: [{ data: bare }] })).fault?.reason).toBe('it gave up: engine is dead');
    const text = { error: 'model runner has stopped' };
    expect((await answerTo({ frames: [{ data: text }] })).fault?.reason).toBe('it gave up: model runner has stopped');
  });

  it('because a frame is garbage', async () => {
    const log = vi.spyOn(console, 'error');
    const frames = [{ data: chunkOf({ content: 'Well,' }) }, { raw: 'data: {"choices": [{"delta\n\n' }, DONE];
    expect(await answerTo({ frames })).toMatchObject({
      text: 'Well,',
      fault: { reason: 'it sent something that is not JSON', retrySafe: false },
    });
    expect(log).not.toHaveBeenCalled();
  });

  it('because it does not end: it is cut off where a text may not be longer, and the request stopped', async () => {
    const server = await serve(answerOf('长篇大论。'.repeat(20_000)));
    const { text, fault } = await ask(llmAt(server));
    expect(text).toBe('长篇大论。'.repeat(MAX_TEXT_CHARACTERS / 5));
    expect(fault).toMatchObject({ reason: 'its answer is longer than 20,000 characters', retrySafe: false });
    expect(await server.requests[0]!.ended).toBe('closed by client');
  });

  it('because a frame never ends', async () => {
    const server = await serve({ frames: [{ raw: `data: ${'x'.repeat(3 << 20)}` }, { stall: true }] });
    expect((await ask(llmAt(server))).fault?.reason).toBe('it sent far more than an answer');
    expect(await server.requests[0]!.ended).toBe('closed by client');
  });
});

describe('what is not a model at all', () => {
  it('a web page', async () => {
    expect((await answerTo(htmlPage)).fault).toMatchObject({
      reason: 'it answered with a web page',
      remedy: expect.stringContaining('--llm_base_url'),
      retrySafe: false,
    });
  });

  it('JSON or text of something else', async () => {
    const json = { 'content-type': 'application/json' };
    expect((await answerTo({ status: 200, headers: json, body: '{"hello"' })).fault?.reason).toMatch(/not JSON/);
    const failed = { status: 200, headers: json, body: '{"error":{"message":"no such tenant"}}' };
    expect((await answerTo(failed)).fault?.reason).toBe('it gave up: no such tenant');
    const text = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'Ollama is running' };
    expect((await answerTo(text)).fault?.reason).toBe('it sent nothing that is an answer');
  });
});

describe('a refusal', () => {
  it('of a wrong key names the variable and never the key, which the service quotes', async () => {
    const server = await serve({ script: answerOf('Yes.'), apiKey: 'the-right-one' });
    const { fault } = await ask(llmAt(server, { apiKey: KEY, keyVariable: 'DASHSCOPE_API_KEY' }));
    expect(fault).toMatchObject({ reason: 'it refused the key (401)', remedy: 'Check the key in DASHSCOPE_API_KEY.' });
    expect(fault!.retrySafe).toBe(false);
    const { fault: none } = await ask(llmAt(server));
    expect(none).toMatchObject({ reason: 'it wants a key (401)', remedy: 'Set OPENAI_API_KEY.' });
    expect((await ask(llmAt(server, { apiKey: 'the-right-one' }))).text).toBe('Yes.');
  });

  it('quotes services without the key, in one short line', async () => {
    const message = `Key ${KEY} (sk-abcdef123456) may not use this.\n${'x'.repeat(500)}`;
    const { fault } = await answerTo(failureOf(403, { message }), { apiKey: KEY });
    expect(fault!.reason).toMatch(/^it refused access \(403\): Key \(key\) \(\(key\)\) may not use this\. x+…$/);
    expect(fault!.remedy).toContain('OPENAI_API_KEY');
    expect(JSON.stringify(fault, Object.getOwnPropertyNames(fault))).not.toMatch(/test-key|sk-abc/);
  });

  it.each([
    [{ 'retry-after': '20' }, 20_000, 'it has too many requests (429) and asks for 20 s', 'Ask again in 20 s.'],
    [{}, undefined, 'it has too many requests (429)', 'Ask again in a moment.'],
  ])('because of too many requests, %j', async (headers, retryAfterMs, reason, remedy) => {
    const { fault } = await answerTo(failureOf(429, { headers }));
    expect(fault).toMatchObject({ reason, remedy, retrySafe: false });
    expect(fault!.retryAfterMs).toBe(retryAfterMs);
  });

  it('because of too many requests, until a date', async () => {
    const headers = { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() };
    const { fault } = await answerTo(failureOf(429, { headers }));
    expect(fault!.retryAfterMs).toBeGreaterThan(3_000_000);
    expect(fault!.retryAfterMs).toBeLessThanOrEqual(3_600_000);
  });

  it.each([
    [failureOf(429, { code: 'insufficient_quota' }), 'its account has no credit left (429)', /Top/],
    [failureOf(402, { message: 'Insufficient Balance' }), 'its account has no credit left (402)', /Top/],
    [failureOf(400, { code: 'data_inspection_failed' }), 'its content filter refused the question (400)', /words/],
    [
      failureOf(400, { message: 'maximum context length is 4096', code: 'context_length_exceeded' }),
      'the conversation is too long for it (400): maximum context length is 4096',
      /--llm_history_tokens/,
    ],
    [
      failureOf(400, { message: 'no such option.' }),
      'it refused the request (400): no such option',
      /--llm_extra_body/,
    ],
    [
      { status: 400, body: '{"error":"model is required"}' },
      'it refused the request (400): model is required',
      /--llm_model/,
    ],
    [
      { status: 400, body: '{"code":"Arrearage","message":"Access denied, good standing needed","request_id":"1"}' },
      'its account has no credit left (400)',
      /Top/,
    ],
    [{ status: 422, body: '{"detail":"bad field"}' }, 'it refused the request (422): bad field', /--llm_model/],
    [
      { status: 301, headers: { location: 'https://new.example.com/v1?sid=7' }, body: '' },
      'it has moved to https://new.example.com/v1 (301)',
      /--llm_base_url/,
    ],
  ])('%#: says why', async (reply, reason, remedy) => {
    const { fault, pieces } = await answerTo(reply);
    expect(fault).toMatchObject({ reason, remedy: expect.stringMatching(remedy), retrySafe: false });
    expect(pieces).toEqual([]);
  });

  it('of the service itself may pass', async () => {
    for (const [reply, reason] of [
      [failureOf(500, { message: 'worker died' }), 'it failed (500): worker died'],
      [{ status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway</h1>' }, 'it failed (502)'],
      [{ status: 503, body: 'loading model' }, 'it failed (503): loading model'],
    ] as const) {
      expect((await answerTo(reply)).fault).toMatchObject({ reason, retrySafe: true });
    }
  });

  it('of an unknown model names the models that there are', async () => {
    const script = failureOf(404, { message: 'model "nope" not found, try pulling it first' });
    const server = await serve({ script, models: ['nomic-embed-text', 'qwen3:4b', 'llama3.2'] });
    const { fault } = await ask(llmAt(server, { model: 'nope', service: 'ollama' }));
    expect(fault).toMatchObject({
      provider: expect.stringMatching(/^nope at 127/),
      reason: 'it has no model nope (404)',
      remedy: 'Choose one with --llm_model: qwen3:4b, llama3.2, or fetch it with: ollama pull nope.',
      retrySafe: false,
    });
  });

  it('of a wrong path says so', async () => {
    const server = await serve(answerOf('Yes.'));
    const { fault } = await ask(llmAt({ url: server.url.replace('/v1', '') }));
    expect(fault!.reason).toMatch(
      /^there is no chat service at http:\/\/127\.0\.0\.1:\d+ \(404\): 404 page not found$/,
    );
    expect(fault!.remedy).toContain('/v1');
  });
});

describe('no connection', () => {
  it('to a local service says how to start it', async () => {
    const server = await serve(answerOf('Yes.'));
    await server.close();
    const { fault } = await ask(llmAt(server, { service: 'ollama', start: 'start it with: ollama serve' }));
    const origin = new URL(server.url).origin;
    expect(fault).toBeInstanceOf(NoAnswerError);
    expect(fault).toMatchObject({
      reason: `nothing answers at ${origin}`,
      remedy: 'Start it with: ollama serve.',
      retrySafe: true,
    });
    expect((await ask(llmAt(server))).fault?.remedy).toBe('Start it, or correct --llm_base_url.');
  });

  it('to a name that does not exist', async () => {
    const { fault } = await ask(llmAt({ url: 'http://nowhere.invalid/v1' }));
    expect(fault).toBeInstanceOf(NoAnswerError);
    expect(fault!.reason).toBe('the name nowhere.invalid was not found');
  });

  it('to a server without TLS through https', async () => {
    const server = await serve(answerOf('Yes.'));
    const { fault } = await ask(llmAt({ url: server.url.replace('http:', 'https:') }));
    expect(fault!.reason).toMatch(/does not speak https:\/\/$/);
  });
});

describe('an abort', () => {
  const reason = new Error('interrupted');

  it.each([
    ['before the first token', silence, ''],
    ['in mid-answer', stallAfter('Good morning'), 'Good morning'],
  ])('%s closes the socket and throws its reason', async (_when, reply, heard) => {
    const server = await serve(reply);
    const stop = new AbortController();
    let text = '';
    const answer = (async () => {
      for await (const piece of llmAt(server).stream(QUESTION, { signal: stop.signal })) text += piece;
    })();
    await vi.waitFor(() => expect([server.requests.length, text]).toEqual([1, heard]), 10_000);
    stop.abort(reason);
    await expect(answer).rejects.toBe(reason);
    expect(await server.requests[0]!.ended).toBe('closed by client');
  });

  it('beforehand asks nobody', async () => {
    const server = await serve(answerOf('Yes.'));
    await expect(ask(llmAt(server), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.requests).toEqual([]);
  });

  it('is what a consumer does that stops early', async () => {
    const server = await serve(stallAfter('Good morning everybody'));
    for await (const piece of llmAt(server).stream(QUESTION, { signal: AbortSignal.timeout(20_000) })) {
      expect(piece).toBe('Good');
      break;
    }
    expect(await server.requests[0]!.ended).toBe('closed by client');
  });
});

describe('models', () => {
  it('are listed sorted, and the first chat model answers where none is named', async () => {
    const server = await serve({ script: answerOf('Yes.'), models: ['text-embedding-3', 'qwen3:4b', 'llama3.2'] });
    const llm = llmAt(server, { model: undefined, service: 'ollama' });
    const { host } = new URL(server.url);
    expect(llm.name).toBe(`ollama at ${host}`);
    expect(await llm.models(AbortSignal.timeout(10_000))).toEqual(['llama3.2', 'qwen3:4b', 'text-embedding-3']);
    await ask(llm);
    await ask(llm);
    expect(server.requests.map(({ body }) => body.model)).toEqual(['qwen3:4b', 'qwen3:4b']);
    // Once for the list, once for the first answer.
    expect(server.modelRequests).toBe(2);
    expect(llm.name).toBe(`qwen3:4b at ${host}`);
  });

  it('that are missing say so', async () => {
    for (const models of [[], ['nomic-embed-text'], { status: 200, headers: {}, body: '{"data":null}' }]) {
      const server = await serve({ script: answerOf('Yes.'), models });
      const { fault } = await ask(llmAt(server, { model: undefined, service: 'ollama' }));
      expect(fault).toMatchObject({ reason: 'it has no chat model', remedy: expect.stringContaining('ollama pull') });
      expect(server.requests).toEqual([]);
    }
  });

  it('fail like answers do', async () => {
    const server = await serve({ script: answerOf('Yes.'), apiKey: 'right' });
    const failure = llmAt(server, { apiKey: 'wrong' }).models(AbortSignal.timeout(10_000));
    await expect(failure).rejects.toMatchObject({ reason: 'it refused the key (401)', part: 'llm' });
    const reason = new Error('closed');
    await expect(llmAt(server).models(AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

async function listen(http: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`;
}
