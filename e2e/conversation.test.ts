import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../src/shared/protocol';
import { type Followed, followEvents } from '../testing/events';
import {
  answerOf,
  brokenToolCall,
  cutAfter,
  errorFrame,
  failureOf,
  htmlPage,
  type LlmServer,
  type Reply,
  silence,
  stallAfter,
  startLlmServer,
} from '../testing/llm-server';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';
import { RtpViewer } from '../testing/viewer';
import { startVoiceServer, type VoiceFault, type VoiceScript } from '../testing/voice-servers';

type VoiceServer = Awaited<ReturnType<typeof startVoiceServer>>;
type ErrorEvent = Extract<SessionEvent, { status: 'error' }>;

const SAID = 'It is nine o’clock.';
/** Deadlines short enough to be waited for. */
const DEADLINES = ['--llm_first_token_s', '1', '--llm_next_token_s', '1', '--tts_deadline_s', '1'];

let model: LlmServer;
let voice: VoiceServer;
let server: TestServer;
let viewer: RtpViewer;
let followed: Followed;
let sessionid: number;

async function start(flags: string[] = [], env: Record<string, string> = {}): Promise<void> {
  server = await startTestServer(
    [...DEADLINES, '--pause_after_fault_s', '0', '--llm_base_url', model.url, '--llm_model', 'scripted', ...flags],
    { env },
  );
  const { viewer: made, sdp } = await RtpViewer.offer();
  viewer = made;
  const answer = await postJson<{ sdp: string; sessionid: number }>(`${server.url}/offer`, { sdp, type: 'offer' });
  sessionid = answer.sessionid;
  await viewer.accept(answer.sdp);
  followed = await followEvents(server.url, sessionid);
}

async function stop(): Promise<void> {
  followed?.close();
  await viewer?.close();
  await server?.stop();
}

/** Asks (or says) and waits until the presenter is idle again; returns the events that came of it. */
async function turn(body: Record<string, unknown>): Promise<SessionEvent[]> {
  const from = followed.events.length;
  const reply = await postJson(`${server.url}/human`, { sessionid, type: 'chat', text: 'What time is it?', ...body });
  expect(reply).toMatchObject({ code: 0, data: 'ok' });
  await idle();
  return followed.events.slice(from);
}

async function idle(): Promise<void> {
  await sleep(100);
  while ((await postJson<{ data: boolean }>(`${server.url}/is_speaking`, { sessionid })).data) await sleep(50);
  await sleep(150); // the last events travel
}

const errorsOf = (events: SessionEvent[]) => events.filter((e): e is ErrorEvent => e.status === 'error');
const spokenIn = (events: SessionEvent[]) => events.filter((e) => e.status === 'start').map((e) => e.text);

beforeAll(async () => {
  model = await startLlmServer({ script: answerOf(SAID) });
  voice = await startVoiceServer('openai');
});
afterAll(async () => {
  await model.close();
  await voice.close();
});

describe('a model that fails', () => {
  beforeAll(() => start());
  afterAll(stop);

  const faults: [string, Reply | Reply[], RegExp, { spoken?: string[] }?][] = [
    ['a wrong key', failureOf(401, { message: 'Incorrect API key' }), /key/i],
    ['429 that asks for a minute', failureOf(429, { headers: { 'retry-after': '60' } }), /60 s|1 min/],
    ['500 twice', failureOf(500), /500|error/i],
    ['a stall before the first word', silence, /1 s/],
    ['a stall in mid-answer', stallAfter('It is nine. And then'), /1 s/, { spoken: ['It is nine.', 'And then'] }],
    ['a cut in mid-word', cutAfter('It is nine. And th'), /cut|lost|broke/i, { spoken: ['It is nine.', 'And th'] }],
    ['a web page', htmlPage, /page|HTML/i],
    ['an empty answer', answerOf(''), /empty|no text|nothing/i],
    ['a tool call with broken JSON', brokenToolCall(), /tool/i],
    ['an error in the stream', errorFrame('It is nine. ', 'overloaded'), /overloaded/, { spoken: ['It is nine.'] }],
    ['only emoji', answerOf('🎉🎉'), /nothing to say/],
  ];

  it.each(faults)('%s: exactly one error event, with part, reason and remedy', async (_, script, message, more) => {
    model.script = script;
    const events = await turn({});
    const errors = errorsOf(events);
    expect(errors).toHaveLength(1);
    expect(errors[0]!.message).toMatch(message);
    if (!errors[0]!.message.includes('nothing to say')) {
      expect(errors[0]).toMatchObject({ part: 'llm', engine: expect.stringContaining('scripted') });
      expect([errors[0]!.reason, errors[0]!.remedy].every((text) => text && text.length > 5)).toBe(true);
    }
    expect(spokenIn(events)).toEqual(more?.spoken ?? []);
  });

  it('speaks 20,000 characters of an endless answer at most, and says so', async () => {
    model.script = answerOf('This is one more sentence of a very long answer. '.repeat(2_050));
    const from = followed.events.length;
    await postJson(`${server.url}/human`, { sessionid, type: 'chat', text: 'Tell me everything.' });
    await followed.until((e) => e.status === 'answer' && e.done === true, { from });
    await postJson(`${server.url}/interrupt_talk`, { sessionid });
    await idle();
    const events = followed.events.slice(from);
    expect(errorsOf(events)).toMatchObject([{ part: 'llm', message: expect.stringMatching(/20,?000/) }]);
    const read = events.reduce((sum, e) => sum + (e.status === 'answer' ? e.delta.length : 0), 0);
    expect(read).toBeLessThanOrEqual(20_000);
  });

  it('answers again as soon as the model does', async () => {
    model.script = [answerOf(SAID)];
    const events = await turn({});
    expect([errorsOf(events), spokenIn(events)]).toEqual([[], [SAID]]);
    expect(events.map((e) => e.status)).toEqual(expect.arrayContaining(['turn', 'answer', 'start', 'end', 'latency']));
  });

  it('lists the models of the endpoint', async () => {
    expect(await getJson(`${server.url}/api/llm/models`)).toMatchObject({ code: 0, data: { models: ['scripted'] } });
  });
});

it('says how to configure a model where there is none, and what is down where it is down', async () => {
  const alone = await startTestServer(['--llm_preset', 'ollama'], {
    env: { HERALD_LLM_BASE_URL: 'http://127.0.0.1:9/v1' },
  });
  try {
    const models = await getJson<{ code: number; msg: string }>(`${alone.url}/api/llm/models`);
    expect(models.code).toBe(-1);
    expect(models.msg).toContain('127.0.0.1:9');
  } finally {
    await alone.stop();
  }
  const keyless = await startTestServer([], { env: { DASHSCOPE_API_KEY: '', HERALD_DASHSCOPE_API_KEY: '' } });
  try {
    const models = await getJson<{ code: number; msg: string }>(`${keyless.url}/api/llm/models`);
    expect(models).toMatchObject({ code: -1, msg: expect.stringMatching(/DASHSCOPE_API_KEY.*ollama.*llm_base_url/s) });
  } finally {
    await keyless.stop();
  }
});

describe('a voice that fails', () => {
  beforeAll(() => start(['--tts', 'openai', '--TTS_SERVER', voice.url]));
  afterAll(stop);
  afterEach(() => {
    voice.next.length = 0;
    voice.script = {};
  });

  const say = { type: 'echo', text: 'Good morning.' };
  const twice = (fault: VoiceFault): VoiceScript[] => [{ fault }, { fault }];
  const faults: [string, VoiceScript[], RegExp][] = [
    ['no answer', twice({ kind: 'hang-up' }), /hung up|closed|lost|connection/i],
    ['slow', [{ firstByteDelayMs: 5_000 }], /1 s/],
    ['a web page', [{ fault: { kind: 'html' } }], /page/i],
    ['silence', [{ fault: { kind: 'silence' } }], /silen|no sound/i],
    ['nothing', twice({ kind: 'empty' }), /no sound|empty/i],
    ['an impossible sample rate', [{ fault: { kind: 'rate', rateHz: 3 } }], /rate|Hz/i],
    ['a garbled header', [{ fault: { kind: 'garbage' } }], /header|WAV/i],
    ['401', [{ fault: { kind: 'status', status: 401 } }], /key/i],
    ['429', [{ fault: { kind: 'status', status: 429, headers: { 'retry-after': '0' } } }], /many|429|busy|rate/i],
    ['500', twice({ kind: 'status', status: 500 }), /500|error/i],
  ];

  it.each(faults)('%s: one error event, and espeak speaks instead', async (_, scripts, message) => {
    voice.next.push(...scripts);
    const events = await turn(say);
    expect(errorsOf(events)).toHaveLength(1);
    const [error] = errorsOf(events);
    expect(error).toMatchObject({ part: 'voice', engine: 'openai', fallback: 'espeak' });
    expect(error!.message).toMatch(message);
    expect(error!.remedy!.length).toBeGreaterThan(5);
    expect(spokenIn(events)).toEqual(['Good morning.']);
    // Told once when the voice changes, and when the better one is back.
    expect(events.find((e) => e.status === 'voice') ?? { engine: 'espeak' }).toMatchObject({ engine: 'espeak' });
  });

  it('an unknown voice: one error event that names the known ones', async () => {
    const events = await turn({ ...say, tts: { voice: 'nobody' } });
    expect(errorsOf(events)).toMatchObject([{ part: 'voice', fallback: 'espeak' }]);
    expect(errorsOf(events)[0]!.message).toMatch(/alloy/);
  });

  it('broken off in mid-sentence: what came is heard, one error event, the next sentence is spoken', async () => {
    voice.next.push({ fault: { kind: 'truncated', afterBytes: 20_000, how: 'reset' } });
    const events = await turn({ type: 'echo', text: 'This sentence breaks off. The next one is whole.' });
    expect(errorsOf(events)).toMatchObject([{ part: 'voice', engine: 'openai' }]);
    expect(spokenIn(events)).toHaveLength(2);
  });

  it('text of only emoji: one error event', async () => {
    const events = await turn({ type: 'echo', text: '🎉🎊' });
    expect(errorsOf(events)).toMatchObject([{ part: 'voice', message: expect.stringContaining('nothing to say') }]);
  });

  it('comes back by itself', async () => {
    const events = await turn(say);
    expect(errorsOf(events)).toEqual([]);
    expect(voice.requests.at(-1)!.json).toMatchObject({ input: 'Good morning.' });
  });
});

describe('interrupts', () => {
  beforeAll(() => start(['--chat_overlap', 'replace']));
  afterAll(stop);

  it('while the model is waited for: its socket is closed and nothing is said', async () => {
    model.script = answerOf('Too late.', { firstTokenMs: 900 });
    const from = followed.events.length;
    await postJson(`${server.url}/human`, { sessionid, type: 'chat', text: 'Early' });
    while (model.requests.at(-1)?.question !== 'Early') await sleep(10);
    await postJson(`${server.url}/interrupt_talk`, { sessionid });
    expect(await model.requests.at(-1)!.ended).toBe('closed by client');
    await sleep(1_200);
    expect(spokenIn(followed.events.slice(from))).toEqual([]);
    expect(errorsOf(followed.events.slice(from))).toEqual([]);
  });

  it('five in one second, each followed by a question: only the last one is answered to its end', async () => {
    model.script = ({ question }) => answerOf(`Answer to ${question}, in a few more words than that.`, { tokenMs: 20 });
    const from = followed.events.length;
    for (let i = 1; i <= 5; i++) {
      await postJson(`${server.url}/human`, { sessionid, type: 'chat', text: `number ${i}`, interrupt: true });
      await sleep(200);
    }
    await idle();
    const events = followed.events.slice(from);
    expect(errorsOf(events)).toEqual([]);
    const ends = events.filter((e) => e.status === 'end' && !e.interrupted).map((e) => ('turn' in e ? e.turn : 0));
    const turns = events.filter((e) => e.status === 'turn').map((e) => e.turn);
    expect(new Set(ends)).toEqual(new Set([turns.at(-1)]));
  });

  it('replaces an answer by the next question where that is the setting', async () => {
    model.script = ({ question }) => answerOf(`${question}? `.repeat(20), { tokenMs: 5 });
    const from = followed.events.length;
    await postJson(`${server.url}/human`, { sessionid, type: 'chat', text: 'First' });
    await followed.until((e) => e.status === 'start', { from });
    await postJson(`${server.url}/human`, { sessionid, type: 'chat', text: 'Second' });
    const second = await followed.until((e) => e.status === 'start' && e.text.startsWith('Second'), { from });
    expect(followed.events.slice(from).some((e) => e.status === 'interrupted')).toBe(true);
    await postJson(`${server.url}/interrupt_talk`, { sessionid });
    expect(second).toBeDefined();
  });
});
