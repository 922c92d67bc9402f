import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  answerOf,
  brokenToolCall,
  chunkOf,
  DONE,
  failureOf,
  type LlmServer,
  type LlmServerOptions,
  startLlmServer,
  tokensOf,
  toolCalls,
} from '../../../../testing/llm-server';
import { ProviderError } from '../provider-error';
import { CallReader } from './call-reader';
import { GuardedLlm } from './guarded';
import type { Llm, LlmOptions, ToolCall } from './llm';
import { OpenAiLlm } from './openai';
import type { Tool } from './tools';

const TOOLS: Tool[] = [
  { name: 'perform', description: 'Performs.', args: z.object({ audiotype: z.literal([2, 3]) }) },
  { name: 'wave', description: 'Waves.', args: z.object({}) },
];

const open: LlmServer[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

async function serve(script: LlmServerOptions['script']): Promise<LlmServer> {
  const server = await startLlmServer({ script });
  open.push(server);
  return server;
}

const llmAt = ({ url }: LlmServer): OpenAiLlm =>
  new OpenAiLlm({ service: 'custom', baseUrl: url, model: 'scripted', keyVariable: 'OPENAI_API_KEY', extraBody: {} });

async function ask(llm: Llm, options: Partial<LlmOptions> = {}) {
  const calls: ToolCall[] = [];
  const order: string[] = [];
  let text = '';
  let fault: unknown;
  try {
    const onToolCall = (call: ToolCall) => {
      calls.push(call);
      order.push(call.name);
    };
    const asked = { signal: AbortSignal.timeout(20_000), tools: TOOLS, onToolCall, ...options };
    for await (const piece of llm.stream([{ role: 'user', content: 'Play!' }], asked)) {
      text += piece;
      order.push('text');
    }
  } catch (error) {
    fault = error;
    expect(error).toBeInstanceOf(ProviderError);
  }
  return { calls, text, order, fault: fault as ProviderError | undefined };
}

const answerTo = async (script: LlmServerOptions['script']) => ask(llmAt(await serve(script)));

describe('a model with tools', () => {
  it('is told what they take', async () => {
    const server = await serve(answerOf('No.'));
    await ask(llmAt(server));
    expect(server.requests[0]!.body.tools).toMatchObject([
      {
        type: 'function',
        function: {
          name: 'perform',
          description: 'Performs.',
          parameters: { type: 'object', properties: { audiotype: { enum: [2, 3] } }, required: ['audiotype'] },
        },
      },
      { function: { name: 'wave', parameters: { type: 'object' } } },
    ]);
    expect(JSON.stringify(server.requests[0]!.body)).not.toContain('$schema');
  });

  it('calls them with arguments that come in pieces, after all that it says', async () => {
    const reply = toolCalls('With pleasure.', ['perform', '{"audiotype": 3}'], ['wave', '']);
    const { calls, text, order, fault } = await answerTo(reply);
    expect(fault).toBeUndefined();
    expect(text).toBe('With pleasure.');
    expect(calls).toEqual([
      { name: 'perform', args: { audiotype: 3 } },
      { name: 'wave', args: {} },
    ]);
    expect(order).toEqual([...tokensOf('With pleasure.').map(() => 'text'), 'perform', 'wave']);
  });

  it('may call without a word, also in an answer that is not streamed', async () => {
    expect(await answerTo(toolCalls('', ['wave', '{}']))).toMatchObject({ text: '', calls: [{ name: 'wave' }] });
    const message = { role: 'assistant', content: null, tool_calls: [{ function: { name: 'wave', arguments: '{}' } }] };
    const body = JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
    const whole = { status: 200, headers: { 'content-type': 'application/json' }, body };
    expect(await answerTo(whole)).toMatchObject({ calls: [{ name: 'wave' }], fault: undefined });
  });

  it.each([
    ['a tool that does not exist', brokenToolCall('Here it is.'), /called the tool play_guzheng, which does not exist/],
    ['JSON that is none', toolCalls('Here it is.', ['perform', '{"audiotype": 2']), /perform with arguments/],
    [
      'a value that it does not take',
      toolCalls('Here it is.', ['perform', '{"audiotype": 9}']),
      /perform with arguments/,
    ],
    ['one good call and one bad', toolCalls('Here it is.', ['wave', '{}'], ['fly', '{}']), /the tool fly/],
    [
      'no name',
      {
        frames: [
          { data: chunkOf({ content: 'Here it is.' }) },
          { data: chunkOf({ tool_calls: [{}] }, 'tool_calls') },
          DONE,
        ],
      },
      /called a tool/,
    ],
  ])('%s: a fault, no call, and what was said is heard', async (_, reply, reason) => {
    const { calls, text, fault } = await answerTo(reply);
    expect(text).toBe('Here it is.');
    expect(calls).toEqual([]);
    expect(fault?.reason).toMatch(reason);
    expect(fault?.remedy).toContain('--llm_tools off');
    expect(fault?.retrySafe).toBe(false);
  });

  it('calls nothing where the answer was cut off', async () => {
    const cut = toolCalls('Here', ['wave', '{}']) as { frames: object[] };
    const frames = [...cut.frames.slice(0, -2), { cut: true as const, waitMs: 20 }] as never;
    expect(await answerTo({ frames })).toMatchObject({ calls: [], fault: { reason: expect.stringContaining('lost') } });
  });

  it.each([
    [400, 'registry.ollama.ai/library/gemma:2b does not support tools'],
    [400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'],
    [404, 'No endpoints found that support tool use'],
    [422, 'body.tools: Extra inputs are not permitted'],
    [500, 'tools param requires --jinja flag'],
  ])('that refuses them (%i, %s) is asked without, and remembered', async (status, message) => {
    const server = await serve(({ body }) => (body.tools ? failureOf(status, { message }) : answerOf('Yes.')));
    const llm = llmAt(server);
    for (let i = 0; i < 2; i++) expect(await ask(llm)).toMatchObject({ text: 'Yes.', fault: undefined });
    expect(server.requests.map(({ body }) => 'tools' in body)).toEqual([true, false, false]);
  });

  it('that refuses something else is not asked again', async () => {
    const server = await serve(failureOf(400, { message: 'temperature must be below 2' }));
    expect((await ask(llmAt(server))).fault?.reason).toContain('temperature must be below 2');
    expect(server.requests).toHaveLength(1);
  });

  it('is alive while it writes a call, and is called through its guard', async () => {
    const { frames } = toolCalls('', ['perform', '{"audiotype": 2}']) as { frames: object[] };
    const server = await serve({ frames: frames.map((frame) => ({ waitMs: 200, ...frame })) as never });
    const guarded = new GuardedLlm(llmAt(server), { firstTokenMs: 1_000, nextTokenMs: 5_000 });
    expect(await ask(guarded)).toMatchObject({
      calls: [{ name: 'perform', args: { audiotype: 2 } }],
      fault: undefined,
    });
  });
});

describe('calls from servers of all kinds', () => {
  const read = (...pieces: unknown[][]) => {
    const reader = new CallReader();
    for (const piece of pieces) reader.read(piece);
    return reader.calls;
  };
  const call = (name: string, args: unknown, more: object = {}) => ({ ...more, function: { name, arguments: args } });

  it.each<[string, unknown[][]]>([
    ['whole, all with number 0', [[call('a', '{}', { index: 0, id: '1' })], [call('b', '{}', { index: 0, id: '2' })]]],
    ['whole, without numbers', [[call('a', '{}'), call('b', '{}')]]],
    ['arguments as an object', [[call('a', {}, { index: 0 })], [call('b', {}, { index: 1 })]]],
    [
      'pieces that alternate',
      [
        [call('a', '{', { index: 0 }), call('b', '{', { index: 1 })],
        [call('', '}', { index: 0 }), call('', '}', { index: 1 })],
      ],
    ],
    ['nonsense between', [[null, call('a', '{}', { index: 0 })], [], [call('b', '{}', { index: 1 })]]],
  ])('%s', (_, pieces) => {
    expect(read(...pieces)).toEqual([
      { name: 'a', args: '{}' },
      { name: 'b', args: '{}' },
    ]);
  });

  it('a name in two pieces of the same call stays one call', () => {
    expect(read([call('a', '{', { index: 0, id: 'x' })], [call('', '}', { index: 0, id: 'x' })])).toHaveLength(1);
  });

  it('are bounded in number and length', () => {
    const calls = read(
      Array.from({ length: 50 }, (_, index) => call('x'.repeat(500), 'y', { index })),
      Array.from({ length: 30 }, () => call('', 'y'.repeat(1_000), { index: 7 })),
    );
    expect(calls).toHaveLength(8);
    expect(calls[7]!.name).toHaveLength(40);
    expect(calls[7]!.args).toHaveLength(10_000);
  });

  it('what is no list is no call', () => {
    const reader = new CallReader();
    for (const nothing of [undefined, null, 'x', {}]) expect(reader.read(nothing)).toBe(false);
    expect(reader.calls).toEqual([]);
  });
});
