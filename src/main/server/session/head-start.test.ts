import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { PcmChunk } from '../audio/frame';
import { ProviderError } from '../provider-error';
import type { Tts, TtsOptions } from '../tts/tts';
import { HeadStart } from './head-start';
import { Turn, type TurnSource } from './turn';

const chunk = (value: number): PcmChunk => ({ samples: new Float32Array(100).fill(value), sampleRateHz: 1_000 });

/** A voice that says three pieces of every sentence, tells its name first, and notes who asked and who left. */
function voice(fault?: Error) {
  const asked: string[] = [];
  const left: string[] = [];
  const tts: Tts = {
    name: 'three',
    async *stream(sentence: string, { signal, onEngine, onFault }: TtsOptions) {
      asked.push(sentence);
      try {
        onFault?.(
          new ProviderError({ part: 'voice', provider: 'two', reason: 'it is gone', remedy: 'Call.' }),
          'three',
        );
        onEngine?.('three');
        if (fault) throw fault;
        for (let i = 0; i < 3 && !signal.aborted; i++) yield chunk(i);
      } finally {
        left.push(sentence);
      }
    },
    close: async () => {},
  };
  return { tts, asked, left };
}

let count = 0;
const turn = (source: Partial<TurnSource> & { text: string }) =>
  new Turn(++count, { kind: 'echo', ...source } as TurnSource, () => {});
const settle = async () => {
  for (let i = 0; i < 20; i++) await tick();
};
const heard = async (sound: AsyncIterable<PcmChunk>) => {
  const values: number[] = [];
  for await (const { samples } of sound) values.push(samples[0]!);
  return values;
};

describe('HeadStart', () => {
  it('asks for the first sentence early, once, and the turn hears it whole', async () => {
    const { tts, asked, left } = voice();
    const headStart = new HeadStart(tts);
    const next = turn({ text: '🙂 Good morning to all of you. And now the news.' });
    headStart.prepare(next);
    headStart.prepare(next);
    await settle();
    expect(asked).toHaveLength(1);
    expect(left).toEqual(asked);
    const told: string[] = [];
    const options: TtsOptions = {
      signal: next.signal,
      onFault: (fault, instead) => told.push(`${fault.reason}, ${instead}`),
      onEngine: (engine) => told.push(engine),
    };
    const own = headStart.voiceOf(next);
    expect(await heard(own.stream(asked[0]!, options))).toEqual([0, 1, 2]);
    expect(told).toEqual(['it is gone, three', 'three']);
    expect(await heard(own.stream('And now the news.', options))).toEqual([0, 1, 2]);
    expect(asked).toHaveLength(2);
  });

  it('tells the turn of a voice that failed', async () => {
    const headStart = new HeadStart(voice(new Error('out of tune')).tts);
    const next = turn({ text: 'One line.' });
    headStart.prepare(next);
    await settle();
    await expect(heard(headStart.voiceOf(next).stream('One line.', { signal: next.signal }))).rejects.toThrow(
      'out of tune',
    );
  });

  it('lets the voice go when the turn is interrupted', async () => {
    const { asked, left, tts } = voice();
    const hanging: Tts = {
      ...tts,
      async *stream(sentence, { signal }) {
        asked.push(sentence);
        yield chunk(1);
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    };
    const headStart = new HeadStart({ ...hanging, stream: (...args) => leaving(hanging.stream(...args), left) });
    const next = turn({ text: 'One line.' });
    headStart.prepare(next);
    await settle();
    expect([asked.length, left.length]).toEqual([1, 0]);
    next.interrupt();
    await settle();
    expect(left).toHaveLength(1);
  });

  it('does nothing for questions, recordings, turns that are over and other turns', async () => {
    const { tts, asked } = voice();
    const headStart = new HeadStart(tts);
    headStart.prepare(undefined);
    headStart.prepare(turn({ kind: 'chat', text: 'Who are you?' }));
    const over = turn({ text: 'One line.' });
    over.interrupt();
    headStart.prepare(over);
    headStart.prepare(turn({ text: '...' }));
    await settle();
    expect(asked).toEqual([]);
    expect(headStart.voiceOf(turn({ text: 'Another.' }))).toBe(tts);
  });
});

async function* leaving(sound: AsyncIterable<PcmChunk>, left: string[]): AsyncGenerator<PcmChunk> {
  try {
    yield* sound;
  } finally {
    left.push('left');
  }
}
