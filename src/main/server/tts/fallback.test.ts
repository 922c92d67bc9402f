import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualTimers, settle } from '../../../../testing/manual-timers';
import { RATE_HZ, ScriptedVoice, type Step, tone } from '../../../../testing/scripted-voice';
import type { PcmChunk } from '../audio/frame';
import { HeraldError } from '../errors';
import { createLogger } from '../log';
import { ProviderError, type ProviderFault } from '../provider-error';
import { FallbackTts } from './fallback';
import { listen } from './listen';
import type { Tts, TtsOptions } from './tts';

const SENTENCE = 'Hello there.';
const PAUSE_MS = 200;

let timers: ManualTimers;
let logged: string;
let opened: FallbackTts[];
beforeEach(() => {
  timers = new ManualTimers();
  logged = '';
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((tts) => tts.close()));
  expect(timers.pending, 'timers left behind').toBe(0);
});

const refused = (more: Partial<ProviderFault> = {}) =>
  new ProviderError({
    part: 'voice',
    provider: 'best',
    reason: 'the server refused the connection',
    remedy: 'Start it.',
    ...more,
  });

function chain(...engines: [Tts, ...Tts[]]): FallbackTts {
  const sink = { write: (text: string) => void (logged += text) };
  const log = createLogger('info', { out: sink, err: sink });
  const tts = new FallbackTts(engines, { firstAudioMs: 4_000, timers, log });
  opened.push(tts);
  return tts;
}

const voice = (name: string, ...scripts: Step[][]) => new ScriptedVoice(name, timers, ...scripts);

/** One sentence as a session would hear it. */
class Hearing {
  ms = 0;
  chunks: PcmChunk[] = [];
  faults: { fault: ProviderError; next: string | undefined }[] = [];
  engines: string[] = [];
  error: unknown;
  over = false;
  readonly abort = new AbortController();
  readonly done: Promise<this>;

  constructor(tts: Tts, options: Partial<TtsOptions> = {}, sentence = SENTENCE) {
    this.done = this.#hear(tts, options, sentence);
  }

  async #hear(tts: Tts, options: Partial<TtsOptions>, sentence: string): Promise<this> {
    try {
      const stream = tts.stream(sentence, {
        signal: this.abort.signal,
        onFault: (fault, next) => void this.faults.push({ fault, next }),
        onEngine: (engine) => void this.engines.push(engine),
        ...options,
      });
      for await (const chunk of stream) {
        this.chunks.push(chunk);
        this.ms += (chunk.samples.length * 1_000) / chunk.sampleRateHz;
      }
    } catch (error) {
      this.error = error;
    }
    this.over = true;
    return this;
  }

  get reports(): string[] {
    return this.faults.map(({ fault, next }) => `${fault.provider}: ${fault.reason} -> ${next}`);
  }
}

const hear = (tts: Tts, options?: Partial<TtsOptions>, sentence?: string) => new Hearing(tts, options, sentence).done;

describe('a voice that works', () => {
  it('speaks alone, with everything it was given', async () => {
    const [best, offline] = [voice('best', [{ tone: 300 }]), voice('offline', [{ tone: 100 }])];
    const tts = chain(best, offline);
    const own = { voice: 'bella', speed: 1.2, pitchSemitones: -2, referenceText: 'hm', extra: { seed: 1 } };
    const heard = await hear(tts, own);
    expect(heard).toMatchObject({ ms: 300 + PAUSE_MS, engines: ['best'], faults: [], error: undefined });
    expect(best.asked[0]).toMatchObject({ sentence: SENTENCE, options: own });
    expect(offline.asked).toEqual([]);
    expect(tts.name).toBe('best');
    expect(tts.status()).toEqual([
      { engine: 'best', state: 'ready' },
      { engine: 'offline', state: 'unknown' },
    ]);
    expect(logged).toBe('');
  });

  it('starts at once and ends in the natural pause', async () => {
    const best = voice('best', [{ silence: 700 }, { tone: 200 }, { silence: 300 }, { tone: 100 }, { silence: 900 }]);
    const sentences = { 'Stop.': 200, 'one, two,': 90, 'no mark': 20, 'a sign *': 140, '好。': 200 };
    const tts = chain(best);
    for (const [sentence, pauseMs] of Object.entries(sentences)) {
      expect((await hear(tts, {}, sentence)).ms, sentence).toBe(8 + 200 + 300 + 100 + pauseMs);
    }
  });

  it('is not asked for text with nothing to say', async () => {
    const best = voice('best', [{ tone: 300 }]);
    expect(await hear(chain(best), {}, '😀 ...')).toMatchObject({ ms: 0, faults: [], error: undefined });
    expect(best.asked).toEqual([]);
  });
});

describe('a voice that fails before it is heard', () => {
  const cases: [string, Step[], string, number][] = [
    ['throws', [{ fail: refused() }], 'the server refused the connection', 0],
    ['throws something unexpected', [{ fail: new TypeError('x is not a function') }], 'x is not a function', 0],
    ['sends nothing', [], 'it sent no sound for this sentence', 0],
    ['sends empty chunks', [{ tone: 0 }, { tone: 0 }], 'it sent no sound for this sentence', 0],
    ['sends silence', [{ silence: 700 }, { silence: 500 }], 'all it sent was 1.2 s of silence for this sentence', 0],
    [
      'sends all but silence',
      [{ tone: 500, amplitude: 0.002 }],
      'all it sent was 0.5 s of silence for this sentence',
      0,
    ],
    ['hangs', [{ hang: 'obedient' }], 'no sound came within 4 s', 4_000],
    ['hangs and ignores its signal', [{ hang: 'deaf' }], 'no sound came within 4 s', 4_000],
    [
      'sends silence for ever',
      Array.from({ length: 20 }, () => [{ silence: 500 }, { wait: 500 }]).flat(),
      'no sound came within 4 s',
      4_000,
    ],
    ['fails after silence', [{ silence: 300 }, { fail: refused() }], 'the server refused the connection', 0],
  ];
  it.each(cases)('%s: the next one speaks the same sentence, and one fault is reported', async (_, script, why, ms) => {
    const [best, offline] = [voice('best', script), voice('offline', [{ tone: 250 }])];
    const tts = chain(best, offline);
    const hearing = new Hearing(tts, { voice: 'bella', speed: 1.5, pitchSemitones: 3, referenceAudio: 'me.wav' });
    await timers.advance(Math.max(0, ms - 1));
    if (ms > 0) expect(hearing).toMatchObject({ faults: [], over: false });
    await timers.advance(1);
    const heard = await hearing.done;
    expect(heard).toMatchObject({ ms: 250 + PAUSE_MS, engines: ['offline'], error: undefined });
    expect(heard.reports).toEqual([`best: ${why} -> offline`]);
    expect(heard.faults[0]!.fault).toBeInstanceOf(ProviderError);
    expect(heard.faults[0]!.fault.remedy).toMatch(/^[A-Z].*\.$/);
    expect(offline.asked.map(({ sentence }) => sentence)).toEqual([SENTENCE]);
    expect(offline.asked[0]!.options).toEqual({ signal: expect.any(AbortSignal), speed: 1.5, pitchSemitones: 3 });
    expect(logged.match(/warn/g)).toHaveLength(1);
    for (const word of ['best', why, heard.faults[0]!.fault.remedy, 'offline speaks instead'])
      expect(logged).toContain(word);
  });

  it('is told to stop when it is too late', async () => {
    const best = voice('best', [{ hang: 'obedient' }]);
    const heard = new Hearing(chain(best, voice('offline', [{ tone: 100 }])));
    await timers.advance(4_000);
    await heard.done;
    await settle();
    expect(best.asked[0]!.options.signal.aborted).toBe(true);
    expect(best.speaking).toBe(0);
  });

  it('is asked once more, at once, where that may help', async () => {
    const best = voice('best', [{ fail: refused({ retrySafe: true }) }], [{ tone: 300 }]);
    const heard = await hear(chain(best, voice('offline', [{ tone: 100 }])));
    expect(heard).toMatchObject({ ms: 300 + PAUSE_MS, engines: ['best'], faults: [] });
    expect(best.asked).toHaveLength(2);
  });

  it('is asked no more than twice', async () => {
    const best = voice('best', [{ fail: refused({ retrySafe: true }) }]);
    const heard = await hear(chain(best, voice('offline', [{ tone: 100 }])));
    expect(heard.reports).toHaveLength(1);
    expect(best.asked).toHaveLength(2);
  });

  it('gets one deadline for both tries', async () => {
    const best = voice(
      'best',
      [{ wait: 3_000 }, { fail: refused({ retrySafe: true }) }],
      [{ wait: 3_000 }, { tone: 300 }],
    );
    const hearing = new Hearing(chain(best, voice('offline', [{ tone: 100 }])));
    await timers.advance(3_999);
    expect(hearing.over).toBe(false);
    await timers.advance(1);
    const heard = await hearing.done;
    expect(heard.reports).toEqual(['best: no sound came within 4 s -> offline']);
    expect(best.asked).toHaveLength(2);
  });

  it('is not asked again before the time that it named', async () => {
    const best = voice('best', [{ fail: refused({ retrySafe: true, retryAfterMs: 60_000 }) }], [{ tone: 10 }]);
    const tts = chain(best, voice('offline', [{ tone: 100 }]));
    await hear(tts);
    expect(best.asked).toHaveLength(1);
    await timers.advance(59_999);
    expect((await hear(tts)).engines).toEqual(['offline']);
    await timers.advance(1);
    expect((await hear(tts)).engines).toEqual(['best']);
  });

  it('hands over to one after the other, and the last failure is the one thrown', async () => {
    const names = ['best', 'second', 'offline'] as const;
    const [best, second, offline] = names.map((name) => voice(name, [{ fail: refused({ provider: name }) }]));
    const heard = await hear(chain(best!, second!, offline!));
    expect(heard.faults.map(({ fault, next }) => [fault.provider, next])).toEqual([
      ['best', 'second'],
      ['second', 'offline'],
    ]);
    expect(heard.error).toMatchObject({ provider: 'offline', reason: 'the server refused the connection' });
    expect(heard.engines).toEqual([]);
    expect(logged.match(/warn/g)).toHaveLength(3);
    expect(logged).toContain('There is no other voice');
  });

  it('keeps the sentence of an error that was written for people', async () => {
    const heard = await hear(
      chain(voice('offline', [{ fail: new HeraldError('refused', 'It has no voice "x". Try en-us.') }])),
    );
    expect(heard.error).toMatchObject({ provider: 'offline', reason: 'It has no voice "x". Try en-us' });
  });
});

describe('a voice that fails while it is heard', () => {
  const cases: [string, Step[], string, number][] = [
    ['breaks off', [{ tone: 500 }, { fail: refused({ retrySafe: true }) }], 'the server refused the connection', 0],
    ['stops sending', [{ tone: 500 }, { hang: 'deaf' }], 'it stopped sending for 4 s', 4_000],
  ];
  it.each(cases)(
    '%s: what came stays, one fault, the next sentence goes to the next voice',
    async (_, script, why, ms) => {
      const [best, offline] = [voice('best', script), voice('offline', [{ tone: 250 }])];
      const tts = chain(best, offline);
      const hearing = new Hearing(tts);
      await timers.advance(ms);
      const heard = await hearing.done;
      expect(heard).toMatchObject({ ms: 500 + PAUSE_MS, engines: ['best'], error: undefined });
      expect(heard.reports).toEqual([`best: ${why}; the rest of this sentence is lost -> offline`]);
      expect(best.asked).toHaveLength(1);
      expect(offline.asked).toEqual([]);
      expect(await hear(tts)).toMatchObject({ engines: ['offline'], faults: [] });
      expect(tts.status()[0]).toMatchObject({
        engine: 'best',
        state: 'failing',
        problem: expect.stringContaining(why),
        told: { key: 'voice.cutShort', values: { why } },
        retryInMs: 30_000,
      });
    },
  );

  it('reports the last voice too, without ending the turn', async () => {
    const heard = await hear(chain(voice('offline', [{ tone: 500 }, { fail: new Error('it stopped.') }])));
    expect(heard).toMatchObject({ ms: 500 + PAUSE_MS, error: undefined });
    expect(heard.reports).toEqual(['offline: it stopped; the rest of this sentence is lost -> undefined']);
  });

  it('may pause between chunks for almost as long as the deadline, again and again', async () => {
    const best = voice('best', [
      { wait: 3_900 },
      { tone: 100 },
      { wait: 3_900 },
      { tone: 100 },
      { wait: 3_900 },
      { tone: 100 },
    ]);
    const hearing = new Hearing(chain(best, voice('offline', [{ tone: 250 }])));
    await timers.advance(3 * 3_900);
    expect(await hearing.done).toMatchObject({ ms: 300 + PAUSE_MS, engines: ['best'], faults: [] });
  });

  it('does not pay for a listener that takes its time', async () => {
    const best = voice('best', [{ tone: 100 }, { wait: 1_000 }, { tone: 100 }]);
    const tts = chain(best, voice('offline', [{ tone: 250 }]));
    const faults: unknown[] = [];
    const reading = tts.stream(SENTENCE, {
      signal: new AbortController().signal,
      onFault: (fault) => faults.push(fault),
    });
    expect((await reading.next()).value.samples.length).toBe(0.1 * RATE_HZ);
    await timers.advance(60_000);
    const second = reading.next();
    await timers.advance(1_000);
    expect((await second).value.samples.length).toBe(0.1 * RATE_HZ);
    await timers.advance(60_000);
    await reading.next();
    expect((await reading.next()).done).toBe(true);
    expect(faults).toEqual([]);
  });
});

describe('a voice that failed', () => {
  it('is left alone for 30 s, then tried again, and its recovery is logged once', async () => {
    const best = voice('best', [{ fail: refused() }], [{ fail: refused() }], [{ tone: 300 }]);
    const tts = chain(best, voice('offline', [{ tone: 100 }]));
    expect((await hear(tts)).faults).toHaveLength(1);
    await timers.advance(29_999);
    expect(await hear(tts)).toMatchObject({ engines: ['offline'], faults: [] });
    expect(best.asked).toHaveLength(1);
    expect(tts.status()[0]).toMatchObject({ state: 'failing', retryInMs: 1 });
    await timers.advance(1);
    expect((await hear(tts)).faults).toHaveLength(1);
    await timers.advance(30_000);
    expect(await hear(tts)).toMatchObject({ engines: ['best'], faults: [] });
    await hear(tts);
    expect(tts.status()[0]).toEqual({ engine: 'best', state: 'ready' });
    expect(logged.match(/info .*best works again/g)).toHaveLength(1);
  });

  it('is tried by one sentence at a time', async () => {
    const best = voice('best', [{ fail: refused() }], [{ wait: 3_000 }, { tone: 300 }]);
    const tts = chain(best, voice('offline', [{ tone: 100 }]));
    await hear(tts);
    await timers.advance(30_000);
    const trial = new Hearing(tts);
    await settle();
    expect((await hear(tts)).engines).toEqual(['offline']);
    await timers.advance(3_000);
    expect((await trial.done).engines).toEqual(['best']);
    expect(best.asked).toHaveLength(2);
  });

  it('may be tried again when the sentence that tried it was given up', async () => {
    const best = voice('best', [{ fail: refused() }], [{ hang: 'obedient' }], [{ tone: 300 }]);
    const tts = chain(best, voice('offline', [{ tone: 100 }]));
    await hear(tts);
    await timers.advance(30_000);
    const trial = new Hearing(tts);
    await settle();
    trial.abort.abort(new Error('enough'));
    await trial.done;
    expect((await hear(tts)).engines).toEqual(['best']);
  });

  it('goes on with the next sentence when only the request was at fault', async () => {
    const best = voice(
      'best',
      [{ fail: refused({ ofRequest: true, reason: 'there is no voice "x"' }) }],
      [{ tone: 300 }],
    );
    const tts = chain(best, voice('offline', [{ tone: 100 }]));
    expect((await hear(tts)).reports).toEqual(['best: there is no voice "x" -> offline']);
    expect((await hear(tts)).engines).toEqual(['best']);
  });

  it('is asked all the same where nobody else is left', async () => {
    const offline = voice('offline', [{ fail: refused() }], [{ tone: 300 }]);
    const tts = chain(offline);
    expect((await hear(tts)).error).toBeInstanceOf(ProviderError);
    expect(await hear(tts)).toMatchObject({ engines: ['offline'], error: undefined });
  });

  it('names as next the voice that will really speak', async () => {
    const best = voice('best', [{ tone: 100 }, { fail: refused() }]);
    const second = voice('second', [{ fail: refused({ provider: 'second' }) }]);
    const tts = chain(
      voice('first', [{ fail: refused({ ofRequest: true, provider: 'first' }) }]),
      second,
      best,
      voice('offline', [{ tone: 50 }]),
    );
    expect((await hear(tts)).faults.map(({ next }) => next)).toEqual(['second', 'best', 'offline']);
    expect((await hear(tts)).faults.map(({ next }) => next)).toEqual(['offline']);
  });
});

describe('leaving', () => {
  it.each([['obedient' as const], ['deaf' as const]])(
    'an abort ends the wait for a voice (%s), and is no fault',
    async (hang) => {
      const best = voice('best', [{ hang }]);
      const tts = chain(best, voice('offline', [{ tone: 100 }]));
      const hearing = new Hearing(tts);
      await settle();
      hearing.abort.abort(new Error('enough'));
      const heard = await hearing.done;
      await settle();
      expect(heard).toMatchObject({ error: new Error('enough'), faults: [], engines: [], ms: 0 });
      expect(best.asked[0]!.options.signal.aborted).toBe(true);
      expect(best.speaking).toBe(hang === 'deaf' ? 1 : 0);
      expect(tts.status()[0]!.state).toBe('unknown');
      expect(logged).toBe('');
    },
  );

  it('an abort that the voice answers by ending is no empty sentence', async () => {
    const hearing = new Hearing(chain(voice('best', ['end on abort']), voice('offline', [{ tone: 100 }])));
    await settle();
    hearing.abort.abort(new Error('enough'));
    expect(await hearing.done).toMatchObject({ error: new Error('enough'), faults: [] });
  });

  it('an abort between two chunks is no end of the sentence, however fast the voice answers it', async () => {
    const ends: IteratorResult<PcmChunk>[] = [{ value: tone(100, 0.5, RATE_HZ) }, { value: undefined, done: true }];
    const fast: Tts = {
      name: 'fast',
      stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(ends.shift()!) }) }),
      close: async () => {},
    };
    const abort = new AbortController();
    const reading = chain(fast).stream(SENTENCE, { signal: abort.signal });
    await reading.next();
    abort.abort(new Error('enough'));
    await expect(reading.next()).rejects.toThrow('enough');
  });

  it('asks nobody when already aborted', async () => {
    const best = voice('best', [{ tone: 100 }]);
    const heard = await hear(chain(best), { signal: AbortSignal.abort(new Error('no')) });
    expect(heard.error).toEqual(new Error('no'));
    expect(best.asked).toEqual([]);
  });

  it('closes the voice when the listener stops early', async () => {
    const best = voice('best', [{ tone: 100 }, { tone: 100 }, { tone: 100 }]);
    const tts = chain(best, voice('offline', [{ tone: 100 }]));
    for await (const _ of tts.stream(SENTENCE, { signal: new AbortController().signal })) break;
    await settle();
    expect(best.speaking).toBe(0);
    expect(tts.status()[0]!.state).toBe('ready');
  });

  it('leaves no listener on the signal of a turn', async () => {
    const { signal } = new AbortController();
    await hear(chain(voice('best', [{ fail: refused() }]), voice('offline', [{ tone: 100 }, { tone: 100 }])), {
      signal,
    });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    const limits = { deadlineMs: 4_000, timers };
    for await (const _ of listen(voice('best', [{ tone: 100 }, { tone: 100 }]), SENTENCE, { signal }, limits)) {
      expect(getEventListeners(signal, 'abort').length).toBeLessThan(2); // not one more per chunk
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('closes every voice once, ends what is being said, and says so afterwards', async () => {
    const [best, offline] = [voice('best', [{ hang: 'obedient' }]), voice('offline', [{ tone: 100 }])];
    const tts = chain(best, offline);
    const hearing = new Hearing(tts);
    await settle();
    await tts.close();
    await tts.close();
    expect(await hearing.done).toMatchObject({ faults: [], error: { message: 'The voice is closed.' } });
    expect([best.closes, offline.closes, best.speaking]).toEqual([1, 1, 0]);
    expect((await hear(tts)).error).toMatchObject({ message: 'The voice is closed.' });
  });
});

it('lists the voices that a sentence may ask for: those of the first engine', async () => {
  const withVoices = Object.assign(voice('best', []), { voices: async () => [{ id: 'bella', name: 'Bella' }] });
  const { signal } = new AbortController();
  expect(await chain(withVoices, voice('offline', [])).voices(signal)).toEqual([{ id: 'bella', name: 'Bella' }]);
  expect(await chain(voice('best', []), withVoices).voices(signal)).toEqual([]);
});
