import { expect, it } from 'vitest';
import type { PcmChunk } from '../src/main/server/audio/frame';
import { ProviderError } from '../src/main/server/provider-error';
import type { Tts, TtsOptions } from '../src/main/server/tts/tts';
import {
  closedPort,
  startVoiceServer,
  tone,
  type VoicePcm,
  type VoiceServer,
  type VoiceServerOptions,
} from './voice-servers';

/** What a listener gets: the sound, and how it ended. */
export interface Heard {
  samples: Float32Array;
  sampleRateHz: number | undefined;
  error: unknown;
}

export type Speak = (options?: Partial<TtsOptions>) => AsyncIterable<PcmChunk>;

export async function hear(stream: AsyncIterable<PcmChunk>): Promise<Heard> {
  const parts: Float32Array[] = [];
  let sampleRateHz: number | undefined;
  let error: unknown;
  try {
    for await (const chunk of stream) {
      parts.push(chunk.samples);
      sampleRateHz ??= chunk.sampleRateHz;
      expect(chunk.sampleRateHz).toBe(sampleRateHz);
      expect(chunk.samples.length).toBeGreaterThan(0);
    }
  } catch (thrown) {
    error = thrown;
  }
  const samples = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { samples, sampleRateHz, error };
}

/** A fault of the voice whose parts people can act on. */
export function faultOf({ error }: Pick<Heard, 'error'>): ProviderError {
  expect(error).toBeInstanceOf(ProviderError);
  const fault = error as ProviderError;
  expect(fault.part).toBe('voice');
  expect(fault.reason).not.toMatch(/[.。]$/);
  expect(fault.reason.length).toBeLessThan(500);
  expect(fault.remedy).toMatch(/^[A-Z].*\.$/);
  return fault;
}

/** Exactly as many samples as were spoken, each within a step of 16 bits. */
export function expectSame(heard: Heard, spoken: VoicePcm, count = spoken.samples.length): void {
  expect(heard.samples.length).toBe(count);
  expect(heard.sampleRateHz).toBe(spoken.sampleRateHz);
  let worst = 0;
  for (let i = 0; i < count; i++) worst = Math.max(worst, Math.abs(heard.samples[i]! - spoken.samples[i]!));
  expect(worst).toBeLessThanOrEqual(1 / 32_768);
}

/** Until it is so; fails after 10 s. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await what())) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface VoiceContract {
  engine: Parameters<typeof startVoiceServer>[0];
  /** An engine for the server at this address, that needs nothing else to speak. */
  make(server: string): Tts;
  serverOptions?: VoiceServerOptions;
  rateHz: number;
  /** Bytes before the first sample of its usual answer. */
  headerBytes: number;
  /** Where its key is put. */
  keyName?: string;
}

/** What every HTTP voice must do, whatever its server's wire format: one test for each way in which a server fails. */
export function keepsTheVoiceContract({
  engine,
  make,
  serverOptions,
  rateHz,
  headerBytes,
  keyName,
}: VoiceContract): void {
  const spoken = tone(rateHz);

  async function withServer(test: (server: VoiceServer, speak: Speak) => Promise<void>): Promise<void> {
    const server = await startVoiceServer(engine, { ...serverOptions, speech: spoken });
    const voice = make(server.url);
    const signal = AbortSignal.timeout(20_000);
    try {
      await test(server, (options) => voice.stream('Hello there, 你好.', { signal, ...options }));
    } finally {
      await voice.close();
      await voice.close();
      await server.close();
    }
  }

  it('hears every sample, however the answer is cut', () =>
    withServer(async (server, speak) => {
      for (const chunkBytes of [[1, 3, 5, 7], [100_000], [44], [45, 1_001]]) {
        server.script = { chunkBytes };
        const heard = await hear(speak());
        expect(heard.error).toBeUndefined();
        expectSame(heard, spoken);
      }
    }));

  it('speaks as soon as the first sound comes', () =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'stall', afterBytes: headerBytes + 2_001 } };
      const stop = new AbortController();
      let samples = 0;
      await expect(
        (async () => {
          for await (const chunk of speak({ signal: stop.signal })) {
            samples += chunk.samples.length;
            if (samples === 1_000) stop.abort(new Error('enough'));
          }
        })(),
      ).rejects.toThrow('enough');
      expect(samples).toBe(1_000);
    }));

  it('waits for a slow first byte', () =>
    withServer(async (server, speak) => {
      server.script = { firstByteDelayMs: 150 };
      expectSame(await hear(speak()), spoken);
    }));

  it('an abort before the answer, in it and after a stall closes the socket and throws the reason', () =>
    withServer(async (server, speak) => {
      // What an engine asks once is asked now, so that the next request is the one for speech.
      expectSame(await hear(speak()), spoken);
      let left = 0;
      for (const script of [
        { firstByteDelayMs: 60_000 },
        { chunkDelayMs: 50 },
        { fault: { kind: 'stall', afterBytes: headerBytes + 100 } as const },
      ]) {
        server.script = script;
        const before = server.speeches;
        const stop = new AbortController();
        const hearing = hear(speak({ signal: stop.signal }));
        await until(() => server.speeches > before);
        await new Promise((resolve) => setTimeout(resolve, 50));
        const reason = new Error('interrupted');
        stop.abort(reason);
        expect((await hearing).error).toBe(reason);
        left++;
        await until(() => server.clientsLeft === left);
      }
      const reason = new Error('too late');
      const asked = server.requests.length;
      expect((await hear(speak({ signal: AbortSignal.abort(reason) }))).error).toBe(reason);
      expect(server.requests.length).toBe(asked);
    }));

  it('a listener that stops early closes the socket', () =>
    withServer(async (server, speak) => {
      server.script = { chunkDelayMs: 60_000, chunkBytes: [2_048] };
      for await (const chunk of speak()) {
        expect(chunk.samples.length).toBeGreaterThan(0);
        break;
      }
      await until(() => server.clientsLeft === 1);
    }));

  it('a server that is down', async () => {
    const address = await closedPort();
    const voice = make(address);
    const fault = faultOf(await hear(voice.stream('Hello', { signal: AbortSignal.timeout(20_000) })));
    await voice.close();
    expect(fault.reason).toContain(`${address.replace('http://', '')}`);
    expect(fault.reason).toContain('refused the connection');
    expect(fault.remedy).toBe('Start the server or correct --TTS_SERVER.');
    expect(fault.retrySafe).toBe(true);
    expect(fault.ofRequest).toBe(false);
  });

  it('a server that hangs up', () =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'hang-up' } };
      const fault = faultOf(await hear(speak()));
      expect(fault.reason).toContain('closed the connection without an answer');
      expect(fault.retrySafe).toBe(true);
    }));

  it('a web page and JSON instead of sound, whatever the status says', () =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'html' } };
      let fault = faultOf(await hear(speak()));
      expect(fault.reason).toContain('a web page instead of sound: Sign in');
      expect(fault.remedy).toContain('--TTS_SERVER');
      server.script = { fault: { kind: 'json' } };
      fault = faultOf(await hear(speak()));
      expect(fault.reason).toContain('JSON instead of sound: model not loaded');
      expect(fault.retrySafe).toBe(false);
    }));

  it.each([400, 422])('a request that is turned down (%i)', (status) =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'status', status, body: { message: `no such ${'x'.repeat(2_000)}` } } };
      const fault = faultOf(await hear(speak()));
      expect(fault.reason).toContain(`turned the request down (${status}, no such xxx`);
      expect(fault.retrySafe).toBe(false);
      expect(fault.ofRequest).toBe(true);
    }),
  );

  it.each([500, 503])('a server that fails (%i)', (status) =>
    withServer(async (server, speak) => {
      const headers = { 'retry-after': '3' };
      server.script = { fault: { kind: 'status', status, body: { detail: 'CUDA out of memory.' }, headers } };
      const fault = faultOf(await hear(speak()));
      expect(fault.reason).toContain(`failed (${status}, CUDA out of memory)`);
      expect(fault.retrySafe).toBe(true);
      expect(fault.retryAfterMs).toBe(3_000);
      expect(fault.ofRequest).toBe(false);
    }),
  );

  it('a key that is wanted, and one asked too often', () =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'status', status: 401, body: { detail: 'no' } } };
      let fault = faultOf(await hear(speak()));
      expect(fault.reason).toMatch(/(wants a|refused our) key \(401/);
      expect(fault.remedy).toContain(keyName ?? 'HERALD_TTS_API_KEY');
      expect(fault.retrySafe).toBe(false);
      server.script = { fault: { kind: 'status', status: 429, headers: { 'retry-after': '7' } } };
      fault = faultOf(await hear(speak()));
      expect(fault.reason).toContain('is asked too often (429');
      expect(fault.retryAfterMs).toBe(7_000);
      expect(fault.retrySafe).toBe(false);
    }));

  it('a redirect is not followed', () =>
    withServer(async (server, speak) => {
      const headers = { location: `${server.url}/elsewhere` };
      server.script = { fault: { kind: 'status', status: 307, headers } };
      const asked = server.requests.length;
      expect(faultOf(await hear(speak())).reason).toContain('sent us elsewhere (307)');
      expect(server.requests.slice(asked).some(({ path }) => path === '/elsewhere')).toBe(false);
    }));

  it('an empty answer', () =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'empty' } };
      const fault = faultOf(await hear(speak()));
      expect(fault.reason).toContain('sent no sound');
      expect(fault.retrySafe).toBe(false);
    }));

  it('silence is passed on as it is', () =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'silence' } };
      const heard = await hear(speak());
      expect(heard.error).toBeUndefined();
      expect(heard.samples.length).toBe(spoken.samples.length);
      expect(heard.samples.every((x) => x === 0)).toBe(true);
    }));

  it('a header with another rate is believed, one with an impossible rate is not', () =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'rate', rateHz: 16_000 } };
      const heard = await hear(speak());
      expect(heard.error).toBeUndefined();
      expectSame(heard, { ...spoken, sampleRateHz: 16_000 });
      for (const rateHz of [1, 400_000, 4_000_000_000]) {
        server.script = { fault: { kind: 'rate', rateHz } };
        expect(faultOf(await hear(speak())).reason).toContain(`impossible sample rate of ${rateHz} Hz`);
      }
      server.script = { fault: { kind: 'garbage' } };
      expect(faultOf(await hear(speak())).reason).toContain('impossible sample rate of 0 Hz');
    }));

  it.each(['reset', 'length'] as const)('an answer that breaks off (%s): what came is heard first', (how) =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'truncated', afterBytes: headerBytes + 10_001, how } };
      const heard = await hear(speak());
      expectSame(heard, spoken, 5_000);
      const fault = faultOf(heard);
      expect(fault.reason).toMatch(/cut off its answer after 0\.\d s of sound$/);
      expect(fault.retrySafe).toBe(false);

      server.script = { fault: { kind: 'truncated', afterBytes: headerBytes, how } };
      const nothing = await hear(speak());
      expect(nothing.samples.length).toBe(0);
      expect(faultOf(nothing).reason).toContain('cut off its answer before any sound');
      expect(faultOf(nothing).retrySafe).toBe(true);
    }),
  );

  it('speaks on after every fault, and leaves no connection behind', () =>
    withServer(async (server, speak) => {
      server.next.push({ fault: { kind: 'hang-up' } }, { fault: { kind: 'html' } }, { fault: { kind: 'empty' } });
      for (let i = 0; i < 3; i++) faultOf(await hear(speak()));
      expectSame(await hear(speak()), spoken);
      expect(await server.connections()).toBeLessThanOrEqual(2);
    }));

  it('close ends idle connections', async () => {
    const server = await startVoiceServer(engine, { ...serverOptions, speech: spoken });
    const voice = make(server.url);
    expectSame(await hear(voice.stream('Hello', { signal: AbortSignal.timeout(20_000) })), spoken);
    await voice.close();
    await until(async () => (await server.connections()) === 0);
    await server.close();
  });
}
