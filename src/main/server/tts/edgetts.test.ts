import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EDGE_VOICES, type EdgeBehaviour, type EdgeServer, startEdgeServer } from '../../../../testing/edge-server';
import type { PcmChunk } from '../audio/frame';
import { counts } from '../metrics/native';
import { ProviderError } from '../provider-error';
import { EdgeTts, type EdgeTtsOptions, edgeProblem, probeEdge } from './edgetts';
import type { TtsOptions } from './tts';

/** Long enough for any machine; what is tested ends by itself or by its own small deadline. */
const patience = () => AbortSignal.timeout(20_000);

let edge: EdgeServer;
const engines: EdgeTts[] = [];

beforeEach(async () => {
  edge = await startEdgeServer();
});

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
  await edge.close();
  for (const kind of ['audio-decoder', 'audio-parser', 'packet', 'frame']) expect(counts()[kind] ?? 0, kind).toBe(0);
});

function engine(options: EdgeTtsOptions = {}): EdgeTts {
  const tts = new EdgeTts({ endpoint: edge.url, ...options });
  engines.push(tts);
  return tts;
}

async function say(text: string, options: Partial<TtsOptions> = {}, tts = engine()): Promise<PcmChunk[]> {
  const chunks: PcmChunk[] = [];
  for await (const chunk of tts.stream(text, { signal: patience(), ...options })) chunks.push(chunk);
  return chunks;
}

const length = (chunks: PcmChunk[]) => chunks.reduce((sum, { samples }) => sum + samples.length, 0);

async function faultOf(speech: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await speech.then(
    () => 'it spoke',
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ProviderError);
  const fault = error as ProviderError;
  expect(fault).toMatchObject({ part: 'voice', provider: 'edgetts' });
  expect(fault.remedy).toMatch(/\.$/);
  return fault;
}

const nobodyIsConnected = () => vi.waitFor(() => expect(edge.connections).toBe(0), { timeout: 10_000 });

describe('a sentence', () => {
  it('comes as 24 kHz sound, all of it, with a level', async () => {
    const chunks = await say('Good morning, everybody.');
    expect(length(chunks)).toBe(edge.lastSamples);
    for (const chunk of chunks) expect(chunk.sampleRateHz).toBe(24_000);
    expect(Math.max(...chunks.flatMap(({ samples }) => [...samples]))).toBeGreaterThan(0.2);
    expect(edge.requests[0]!.outputFormat).toBe('audio-24khz-48kbitrate-mono-mp3');
  });

  it('can be heard while the service is still speaking', async () => {
    edge.behaviour = 'stall';
    const stop = new AbortController();
    const speech = engine().stream('A long sentence.', { signal: stop.signal })[Symbol.asyncIterator]();
    const first = await speech.next();
    // 500 bytes have come: three frames of 144 and a part.
    expect(first.value!.samples.length).toBe(576);
    expect((await speech.next()).done).toBe(false);
    expect((await speech.next()).done).toBe(false);
    stop.abort(new Error('enough'));
    await expect(speech.next()).rejects.toThrow('enough');
  });

  it('reaches the service as it was written, whatever is in it', async () => {
    const text = 'Tom & "Jerry" <break time="9s"/> & \'co\' </prosody></voice> 5 > 3; 你好 😀';
    await say(text);
    expect(edge.requests[0]!.text).toBe(text);
    await say('bell\u0007, \ufffe half \ud83d and escape \u001b[0m');
    expect(edge.requests[1]!.text).toBe('bell ,   half   and escape  [0m');
  });

  it('that does not end is cut into several requests, none of them over 4 KiB', async () => {
    const chunks = await say('one & two and '.repeat(400));
    expect(edge.requests.length).toBeGreaterThan(1);
    expect(
      edge.requests
        .map(({ text }) => text)
        .join(' ')
        .replace(/\s+/g, ' '),
    ).toContain('one & two and one & two');
    expect(length(chunks)).toBeGreaterThan(edge.lastSamples);
    for (const { text } of edge.requests) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096);
  });

  it('with nothing to say is refused without a connection', async () => {
    await expect(say('... 😀 !')).rejects.toMatchObject({ kind: 'refused' });
    expect(edge.upgrades).toBe(0);
  });

  it('leaves no connection behind, and closes it properly', async () => {
    await say('One.');
    await nobodyIsConnected();
    expect(edge.closings).toEqual([1005]);
  });

  it('has a connection of its own: several at once do not mix', async () => {
    const tts = engine();
    const texts = ['One.', 'The second is longer.', '第三句话。', 'And this is the fourth, the longest of them all.'];
    const alone: number[] = [];
    for (const text of texts) alone.push(length(await say(text, {}, tts)));
    const together = await Promise.all(texts.map((text) => say(text, {}, tts)));
    expect(together.map(length)).toEqual(alone);
    expect(edge.upgrades).toBe(8);
  });
});

describe('voice, speed and pitch', () => {
  it.each([
    ['你好，世界。', 'zh-CN-XiaoxiaoNeural'],
    ['我用 TypeScript 写 server 的 code', 'zh-CN-XiaoxiaoNeural'],
    ['鲜の每日，今天天气很好', 'zh-CN-XiaoxiaoNeural'],
    ['今日は天気がいいですね', 'ja-JP-NanamiNeural'],
    ['안녕하세요', 'ko-KR-SunHiNeural'],
    ['Good morning', 'en-US-AvaMultilingualNeural'],
    ['42', 'en-US-AvaMultilingualNeural'],
  ])('%s is read by %s', async (text, voice) => {
    await say(text);
    expect(edge.requests[0]).toMatchObject({ voice, rate: '+0%', pitch: '+0%', language: voice.slice(0, 5) });
  });

  it('stay one person through a text: the script is that of the whole of it', async () => {
    const whole = '我们今天讲英语。Good morning, everyone. 再来一遍。';
    await say('Good morning, everyone.', { context: whole });
    await say('再来一遍。', { context: whole });
    await say('Good morning, everyone.', { context: 'How do you greet a class?' });
    expect(edge.requests.map(({ voice }) => voice)).toEqual([
      'zh-CN-XiaoxiaoNeural',
      'zh-CN-XiaoxiaoNeural',
      'en-US-AvaMultilingualNeural',
    ]);
  });

  it('follow the request, then the engine, then the script', async () => {
    const tts = engine({ voice: 'zh-CN-YunxiNeural', speed: 0.5, pitchSemitones: -12 });
    await say('Hello', {}, tts);
    await say('Hello', { voice: 'en-GB-RyanNeural', speed: 1.25, pitchSemitones: 12 }, tts);
    await say('Hello', { voice: '', pitchSemitones: 2 }, tts);
    expect(edge.requests).toMatchObject([
      { voice: 'zh-CN-YunxiNeural', rate: '-50%', pitch: '-50%', language: 'zh-CN' },
      { voice: 'en-GB-RyanNeural', rate: '+25%', pitch: '+100%', language: 'en-GB' },
      { voice: 'zh-CN-YunxiNeural', rate: '-50%', pitch: '+12%' },
    ]);
  });

  it('takes voices of dialects', async () => {
    await say('你好', { voice: 'zh-CN-liaoning-XiaobeiNeural' });
    expect(edge.requests[0]).toMatchObject({ voice: 'zh-CN-liaoning-XiaobeiNeural', language: 'zh-CN' });
  });
});

describe('faults', () => {
  it.each<[EdgeBehaviour, RegExp, RegExp, boolean]>([
    ['refuse', /refused this computer \(403\)$/, /clock and date are right/, false],
    ['page', /a web page came back instead of the service \(200\)/, /sign in to the network/, false],
    ['unavailable', /the service answered 503$/, /--tts/, true],
    ['close', /closed the connection before any sound \(code 1011: Internal error\)/, /internet connection/, true],
    ['break-off', /the sentence was cut off: .*\(code 1006\)/, /internet connection/, false],
    ['silent', /sent no sound for the sentence/, /choose another voice/, true],
    ['noise', /is not sound/, /choose another voice/, true],
  ])('%s', async (behaviour, reason, remedy, retrySafe) => {
    edge.behaviour = behaviour;
    const fault = await faultOf(say('Hello there, how are you?'));
    expect(fault.reason).toMatch(reason);
    expect(fault.remedy).toMatch(remedy);
    expect(fault.retrySafe).toBe(retrySafe);
    await nobodyIsConnected();
  });

  it('nobody listens', async () => {
    const { url } = edge;
    await edge.close();
    edge = await startEdgeServer();
    const fault = await faultOf(say('Hello', {}, engine({ endpoint: url })));
    expect(fault).toMatchObject({
      reason: 'speech.platform.bing.com refused the connection',
      remedy: 'Check the internet connection, or choose another voice with --tts.',
      retrySafe: true,
    });
  });

  it('no such host', async () => {
    const fault = await faultOf(say('Hello', {}, engine({ endpoint: 'http://nowhere.invalid:80' })));
    expect(fault.reason).toMatch(/cannot be (found|looked up)/);
    expect(fault.remedy).toMatch(/internet connection/);
  });

  it('a wrong clock is told from any other 403, with how wrong it is', async () => {
    edge.clockOffsetMs = 20 * 60_000;
    expect((await faultOf(say('Hello'))).reason).toMatch(/its clock is 20 minutes slow$/);
    edge.clockOffsetMs = -3 * 3_600_000;
    const fault = await faultOf(say('Hello'));
    expect(fault.reason).toMatch(/its clock is 180 minutes fast$/);
    expect(fault.remedy).toMatch(/^Set the clock/);
  });

  it.each([
    ['zh-CN-XiaoxaioNeural', 1, 'Did you mean zh-CN-XiaoxiaoNeural? '],
    ['fr-FR-NobodyAtAllNeural', 1, ''],
    ['data/ref.wav', 0, ''],
    ['zh-CN-X"/><break time="9s"/>Neural', 0, ''],
  ])('an unknown voice: %s', async (voice, upgrades, hint) => {
    const fault = await faultOf(say('你好', { voice }));
    expect(fault.reason).toBe(`there is no Edge voice named ${JSON.stringify(voice)}`);
    expect(fault.remedy).toBe(
      `${hint}GET /api/voices lists the names, such as zh-CN-XiaoxiaoNeural or en-US-AvaNeural.`,
    );
    expect(fault.retrySafe).toBe(false);
    expect(edge.upgrades).toBe(upgrades);
  });

  it('an unknown voice that only falls silent is found out too; one that exists is not blamed', async () => {
    edge.behaviour = 'silent';
    const tts = engine();
    expect((await faultOf(say('你好', { voice: 'zh-CN-YunxNeural' }, tts))).reason).toMatch(/there is no Edge voice/);
    expect((await faultOf(say('你好', { voice: 'zh-CN-YunxiNeural' }, tts))).reason).toMatch(/sent no sound/);
    expect(edge.listings).toBe(1);
  });

  it('half a frame at the end of a sentence that has ended is no fault', async () => {
    edge.behaviour = 'truncate';
    expect(length(await say('Hello there.'))).toBe(edge.lastSamples - 576);
  });

  it('frames that nobody asked for change nothing, and take nothing down', async () => {
    edge.behaviour = 'strange';
    expect(length(await say('Hello there.'))).toBe(edge.lastSamples);
  });
});

describe('stopping', () => {
  it.each<EdgeBehaviour>(['deaf', 'stall'])(
    'an abort ends a service that is %s, with its reason',
    async (behaviour) => {
      edge.behaviour = behaviour;
      const stop = new AbortController();
      const speech = say('Hello there.', { signal: stop.signal });
      await vi.waitFor(() => expect(edge.connections).toBe(1), { timeout: 10_000 });
      if (behaviour === 'stall') await vi.waitFor(() => expect(edge.requests.length).toBe(1), { timeout: 10_000 });
      stop.abort(new Error('interrupted'));
      await expect(speech).rejects.toThrow('interrupted');
      await nobodyIsConnected();
    },
  );

  it('an abort at any moment leaves nothing behind and nothing unhandled', async () => {
    const tts = engine();
    for (let turns = 0; turns < 40; turns++) {
      const stop = new AbortController();
      const speech = say('A sentence of some length.', { signal: stop.signal }, tts);
      const ended = speech.then(
        () => 'spoken',
        (error: Error) => error.message,
      );
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      stop.abort(new Error('interrupted'));
      expect(['spoken', 'interrupted']).toContain(await ended);
    }
    await nobodyIsConnected();
  });

  it('an abort before the start makes no connection', async () => {
    await expect(say('Hello', { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late');
    expect(edge.upgrades).toBe(0);
  });

  it('a listener who leaves early closes the connection under the speaker, who goes on for a while', async () => {
    const text = 'A sentence that is much longer than anybody wants to hear. '.repeat(5);
    for await (const chunk of engine().stream(text, { signal: patience() })) {
      expect(chunk.samples.length).toBe(576);
      break;
    }
    await nobodyIsConnected();
  });

  it('closing the engine ends what it is saying; afterwards it says nothing', async () => {
    edge.behaviour = 'stall';
    const tts = engine();
    const speech = say('Hello there.', {}, tts);
    const ended = expect(speech).rejects.toThrow('closed');
    await vi.waitFor(() => expect(edge.requests.length).toBe(1), { timeout: 10_000 });
    await tts.close();
    await ended;
    await expect(say('Hello', {}, tts)).rejects.toThrow('closed');
    await nobodyIsConnected();
  });
});

describe('the list of voices', () => {
  it('is mapped, and kept', async () => {
    const tts = engine();
    const voices = await tts.voices(patience());
    expect(voices.length).toBe(EDGE_VOICES.length);
    expect(voices[0]).toEqual({
      id: 'zh-CN-XiaoxiaoNeural',
      name: 'Xiaoxiao - Chinese (Mainland)',
      language: 'zh-CN',
      gender: 'female',
    });
    expect(await tts.voices(patience())).toEqual(voices);
    expect(edge.listings).toBe(1);
  });

  it('is read again after a day', async () => {
    const tts = engine();
    await tts.voices(patience());
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 25 * 3_600_000);
    try {
      await tts.voices(patience());
    } finally {
      vi.restoreAllMocks();
    }
    expect(edge.listings).toBe(2);
  });

  it('faults are told, and not kept', async () => {
    const tts = engine();
    edge.behaviour = 'unavailable';
    expect((await faultOf(tts.voices(patience()))).reason).toMatch(/503/);
    edge.behaviour = 'page';
    expect((await faultOf(tts.voices(patience()))).reason).toMatch(/no list of voices/);
    edge.behaviour = 'speak';
    expect((await tts.voices(patience())).length).toBe(EDGE_VOICES.length);
  });

  it('an abort ends the wait', async () => {
    edge.behaviour = 'deaf';
    const stop = new AbortController();
    const list = engine().voices(stop.signal);
    setImmediate(() => stop.abort(new Error('never mind')));
    await expect(list).rejects.toThrow('never mind');
  });
});

describe('the probe', () => {
  it('says yes to a service that answers, and hangs up', async () => {
    expect(await probeEdge(patience(), { endpoint: edge.url })).toBe(true);
    expect(edge.requests).toEqual([]);
    await nobodyIsConnected();
  });

  it.each<[EdgeBehaviour, RegExp]>([
    ['refuse', /403/],
    ['page', /web page/],
    ['deaf', /did not answer within 0\.2 s/],
  ])('says no, and why, to one that is %s', async (behaviour, reason) => {
    edge.behaviour = behaviour;
    const problem = await edgeProblem(patience(), { endpoint: edge.url, deadlineMs: 200 });
    expect(problem!.reason).toMatch(reason);
    expect(await probeEdge(patience(), { endpoint: edge.url, deadlineMs: 200 })).toBe(false);
    await nobodyIsConnected();
  });

  it('ends when it is no longer wanted', async () => {
    edge.behaviour = 'deaf';
    const stop = new AbortController();
    const probe = probeEdge(stop.signal, { endpoint: edge.url });
    setImmediate(() => stop.abort(new Error('shutting down')));
    await expect(probe).rejects.toThrow('shutting down');
    await nobodyIsConnected();
  });
});
