import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { encodeAudio, wav } from '../../../../testing/audio-files';
import { linkTo } from '../child-link';
import { counts } from '../metrics/native';
import { type DecodedAudio, openAudio } from './decode';
import { DecodeHost, type DecodeHostOptions } from './decode-host';
import type { FromDecoder, ToDecoder } from './decode-messages';

/** Each process compiles its TypeScript first, and a busy machine takes its time over that. */
vi.setConfig({ testTimeout: 120_000 });

const SECOND = wav(48_000, 48_000);
/** Longer than what is made ahead. */
const MINUTE = wav(60 * 48_000, 48_000);

const hosts: DecodeHost[] = [];
const hostOf = (options: DecodeHostOptions = {}) => {
  const host = new DecodeHost(options);
  hosts.push(host);
  return host;
};
/** Samples that have come out of processes of `shared`. */
let received = 0;
/** For all tests that do its processes no harm. */
const shared = new DecodeHost({
  start: () => {
    const link = linkTo<ToDecoder, FromDecoder>('decode', 'decode-process');
    return {
      ...link,
      onMessage: (listener) =>
        link.onMessage((message) => {
          if (message.type === 'pcm') received += message.samples.length;
          listener(message);
        }),
    };
  },
});

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});
afterAll(() => {
  expect(counts()['decode-process']).toBe(0);
});

async function samplesOf(audio: DecodedAudio): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for await (const { samples, sampleRateHz } of audio.chunks()) {
    expect(sampleRateHz).toBe(48_000);
    parts.push(samples);
  }
  await audio.close();
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const refusal = (of: Promise<unknown>) =>
  of.then(
    () => 'no error',
    (error: { kind?: string; message: string }) => `${error.kind}: ${error.message}`,
  );

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('what comes back', () => {
  it.each(['wav', 'mp3', 'm4a', 'opus'])('of %s is what decoding it here gives, to the bit', async (kind) => {
    const whole = encodeAudio({ kind, samples: 70_000 });
    for (const bytes of [whole, whole.subarray(0, Math.round(whole.length * 0.7))]) {
      const here = await openAudio(bytes).catch((error: Error) => error.message);
      const there = await shared.open(bytes).catch((error: Error) => error.message);
      if (typeof here === 'string' || typeof there === 'string') {
        expect(there).toBe(here); // an m4a without its index
        continue;
      }
      const { durationMs } = here;
      expect(there.durationMs).toBe(durationMs);
      expect(await samplesOf(there)).toEqual(await samplesOf(here));
      expect(there.truncated).toBe(here.truncated);
    }
  });

  it('refuses what is no audio with the same words, and what is too long', async () => {
    expect(await refusal(shared.open(new Uint8Array(0)))).toBe('refused: The file is empty (0 bytes).');
    expect(await refusal(shared.open(Buffer.from('#EXTM3U\nfile:///etc/passwd\n')))).toContain('playlist');
    expect(await refusal(shared.open(Buffer.alloc(5_000, 7)))).toContain('not audio');
    expect(await refusal(shared.open(MINUTE, { maxMinutes: 0.5 }))).toContain('longer than the limit');
  });

  it('waits in bounded space for whoever reads slowly', async () => {
    received = 0;
    const audio = await shared.open(MINUTE);
    const reader = audio.chunks()[Symbol.asyncIterator]();
    await reader.next();
    const ahead = 4 * 48_000;
    await expect.poll(() => received, { timeout: 20_000 }).toBeGreaterThanOrEqual(ahead);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(received).toBeLessThan(ahead + 2 * 12_000);
    await audio.close();
    // Nobody has to come back for the process to be free again.
    await expect.poll(() => shared.state.idle).toBe(shared.state.pids.length);
    expect((await reader.next()).done).toBe(true);
  });
});

describe('one process', () => {
  it('is started by the first upload, serves the next ones, and is ended when nobody needs it', async () => {
    const host = hostOf({ keepMs: 1_000 });
    expect(host.state).toEqual({ pids: [], idle: 0 });
    const first = await host.open(MINUTE);
    const [pid] = host.state.pids;
    for await (const _ of first.chunks()) break; // an interrupt
    await first.close();
    await expect.poll(() => host.state.idle).toBe(1);
    expect((await samplesOf(await host.open(SECOND))).length).toBe(48_000);
    expect(host.state.pids).toEqual([pid]);
    await expect.poll(() => host.state.pids, { timeout: 10_000 }).toEqual([]);
    expect(alive(pid!)).toBe(false);
  });

  it('gives way to another upload before it is read, which is then brought over again', async () => {
    const early = await Promise.all([shared.open(SECOND), shared.open(MINUTE), shared.open(SECOND)]);
    for (const [index, audio] of early.entries()) {
      expect((await samplesOf(audio)).length).toBe(index === 1 ? 60 * 48_000 : 48_000);
    }
  });
});

describe('a decoder that', () => {
  it('crashes costs its own upload: who is played elsewhere goes on, and the next upload works', async () => {
    const host = hostOf();
    const bad = (await host.open(MINUTE)).chunks()[Symbol.asyncIterator]();
    await bad.next();
    const good = (await host.open(SECOND)).chunks()[Symbol.asyncIterator]();
    await good.next();
    expect(host.state.pids).toHaveLength(2);
    process.kill(host.state.pids[0]!, 'SIGSEGV');
    const rest = async (one: AsyncIterator<unknown>) => {
      while (!(await one.next()).done);
    };
    expect(await refusal(rest(bad))).toMatch(
      /^refused: The decoder ended while it was reading this file \(killed by SIGSEGV\).* Convert the file/,
    );
    await rest(good);
    await expect.poll(() => host.state.idle).toBe(1);
    expect((await samplesOf(await host.open(SECOND))).length).toBe(48_000);
    expect(host.state.pids).toHaveLength(1);
  });

  it('is killed while it looks at an upload refuses that one', async () => {
    const host = hostOf();
    const opening = refusal(host.open(SECOND));
    await expect.poll(() => host.state.pids.length).toBe(1);
    process.kill(host.state.pids[0]!, 'SIGKILL');
    expect(await opening).toContain('killed by SIGKILL');
    expect(host.state).toEqual({ pids: [], idle: 0 });
  });

  it('hangs is ended when its time is up', async () => {
    const host = hostOf({ silenceMs: 250 });
    const audio = await host.open(SECOND);
    const [pid] = host.state.pids;
    process.kill(pid!, 'SIGSTOP');
    expect(await refusal(samplesOf(audio))).toContain('it did nothing for 0.25 s');
    await expect.poll(() => alive(pid!)).toBe(false);
  });

  it('eats memory is ended', async () => {
    const host = hostOf({ memoryBytes: 10_000_000 });
    expect(await refusal(host.open(SECOND))).toMatch(/it took more than 10 MB of memory/);
  });
});

it('20 uploads at once take turns in two processes, those given up leave the queue, and nothing is left alive', async () => {
  const gone = new AbortController();
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, shared.state.pids.length)), 1);
  const signalOf = (i: number) => (i === 5 ? { signal: gone.signal } : {});
  const opening = Array.from({ length: 20 }, (_, i) => shared.open(SECOND, signalOf(i)));
  gone.abort(new Error('the client has gone'));
  const outcomes = await Promise.allSettled(opening);
  clearInterval(watch);
  expect(outcomes.flatMap((one, i) => (one.status === 'rejected' ? [[i, one.reason.message]] : []))).toEqual([
    [5, 'the client has gone'],
  ]);
  for (const one of outcomes) {
    if (one.status === 'fulfilled') expect((await samplesOf(one.value)).length).toBe(48_000);
  }
  expect([1, 2]).toContain(most);
  const { pids } = shared.state;
  await shared.close();
  expect(pids.filter(alive)).toEqual([]);
  expect(await refusal(shared.open(SECOND))).toContain('closing');
});
