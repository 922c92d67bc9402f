import { expect, it } from 'vitest';
import type { Tts } from '../src/main/server/tts/tts';
import { expectSame, faultOf, hear, type Speak, until } from './voice-contract';
import { closedPort, tone } from './voice-servers';
import { VoiceSocketServer } from './voice-socket-server';

export interface SocketContract {
  engine: Parameters<typeof VoiceSocketServer.start>[0];
  /** An engine for the server at this address, that needs nothing else to speak. */
  make(server: string): Tts;
  /** Where its key is put. */
  keyName: string;
}

const RATE_HZ = 24_000;

/** What every voice behind WebSockets must do: one test for each way in which a service or its connection fails. */
export function keepsTheSocketContract({ engine, make, keyName }: SocketContract): void {
  const spoken = tone(RATE_HZ);

  async function withServer(
    test: (server: VoiceSocketServer, speak: Speak, voice: Tts) => Promise<void>,
  ): Promise<void> {
    const server = await VoiceSocketServer.start(engine, { speech: spoken });
    const voice = make(server.url);
    const signal = AbortSignal.timeout(20_000);
    try {
      await test(server, (options) => voice.stream('Hello there, 你好.', { signal, ...options }), voice);
    } finally {
      await voice.close();
      await voice.close();
      await server.close();
    }
  }

  it('hears every sample, however the sound is cut, and leaves no connection behind', () =>
    withServer(async (server, speak) => {
      for (const chunkBytes of [[1, 3, 5, 7], [100_000], [44], [45, 1_001]]) {
        server.script = { chunkBytes };
        const heard = await hear(speak());
        expect(heard.error).toBeUndefined();
        expectSame(heard, spoken);
      }
      expect(server.texts).toEqual(Array(4).fill('Hello there, 你好.'));
      await until(() => server.connections === 0);
    }));

  it('several sentences at once do not mix', () =>
    withServer(async (server, speak) => {
      for (const heard of await Promise.all([speak(), speak(), speak()].map(hear))) expectSame(heard, spoken);
      expect(server.upgrades).toHaveLength(3);
    }));

  it('speaks as soon as the first sound comes, and waits for a slow one', () =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'stall', afterBytes: 2_001 }, firstByteDelayMs: 150 };
      const stop = new AbortController();
      let samples = 0;
      const hearing = (async () => {
        for await (const chunk of speak({ signal: stop.signal })) {
          samples += chunk.samples.length;
          if (samples === 1_000) stop.abort(new Error('enough'));
        }
      })();
      await expect(hearing).rejects.toThrow('enough');
      expect(samples).toBe(1_000);
    }));

  it('an abort before the connection, before the sound, in it and after a stall closes the socket and throws the reason', () =>
    withServer(async (server, speak) => {
      for (const script of [
        { fault: { kind: 'deaf' } as const },
        { firstByteDelayMs: 60_000 },
        { chunkDelayMs: 50 },
        { fault: { kind: 'stall', afterBytes: 100 } as const },
      ]) {
        server.script = script;
        const before = server.upgrades.length;
        const stop = new AbortController();
        const hearing = hear(speak({ signal: stop.signal }));
        await until(() => server.upgrades.length > before);
        await new Promise((resolve) => setTimeout(resolve, 50));
        const reason = new Error('interrupted');
        stop.abort(reason);
        expect((await hearing).error).toBe(reason);
        await until(() => server.connections === 0);
      }
      const asked = server.upgrades.length;
      const reason = new Error('too late');
      expect((await hear(speak({ signal: AbortSignal.abort(reason) }))).error).toBe(reason);
      expect(server.upgrades).toHaveLength(asked);
    }));

  it('a listener that stops early closes the socket, also one that a server never says goodbye on', () =>
    withServer(async (server, speak) => {
      server.script = { chunkDelayMs: 60_000, chunkBytes: [2_048] };
      for await (const chunk of speak()) {
        expect(chunk.samples.length).toBeGreaterThan(0);
        break;
      }
      await until(() => server.connections === 0);
    }));

  it('a listener that takes its time holds the sender back, and loses nothing', async () => {
    const long = tone(RATE_HZ, 60_000);
    const server = await VoiceSocketServer.start(engine, { speech: long });
    server.script = { chunkBytes: [64_001] };
    const voice = make(server.url);
    let samples = 0;
    for await (const chunk of voice.stream('Long.', { signal: AbortSignal.timeout(20_000) })) {
      samples += chunk.samples.length;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(samples).toBe(long.samples.length);
    await voice.close();
    await server.close();
  });

  it('a server that is down', async () => {
    const voice = make(await closedPort());
    const fault = faultOf(await hear(voice.stream('Hello', { signal: AbortSignal.timeout(20_000) })));
    expect(fault.reason).toContain('refused the connection');
    expect(fault.remedy).toBe('Start the server or correct --TTS_SERVER.');
    expect(fault.retrySafe).toBe(true);
    await voice.close();
  });

  it('a server that hangs up, and a web page instead of a connection', () =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'hang-up' } };
      expect(faultOf(await hear(speak()))).toMatchObject({
        reason: expect.stringContaining('closed the connection'),
        retrySafe: true,
      });
      server.script = { fault: { kind: 'html' } };
      const fault = faultOf(await hear(speak()));
      expect(fault.reason).toContain('a web page instead of sound: Sign in');
      expect(fault.remedy).toContain('--TTS_SERVER');
      await until(() => server.connections === 0);
    }));

  it.each([
    [401, /(wants a|refused our) key \(401, no\)/, false],
    [429, /is asked too often \(429, no\)/, false],
    [400, /turned the request down \(400, no\)/, false],
    [503, /failed \(503, no\)/, true],
    [307, /sent us elsewhere \(307\)/, false],
  ])('an answer of %i where a connection was asked for', (status, reason, retrySafe) =>
    withServer(async (server, speak) => {
      const headers = { 'retry-after': '7', location: `${server.url}/elsewhere` };
      server.script = { fault: { kind: 'status', status, body: { message: 'no' }, headers } };
      const fault = faultOf(await hear(speak()));
      expect(fault.reason).toMatch(reason);
      expect(fault.retrySafe).toBe(retrySafe);
      if (status === 401) expect(fault.remedy).toContain(keyName);
      if (status === 429) expect(fault.retryAfterMs).toBe(7_000);
      expect(server.upgrades).toHaveLength(1);
    }),
  );

  it('no sound is a fault, silence is passed on as it is', () =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'empty' } };
      expect(faultOf(await hear(speak())).reason).toContain('sent no sound');
      server.script = { fault: { kind: 'silence' } };
      const heard = await hear(speak());
      expect(heard.error).toBeUndefined();
      expect(heard.samples.length).toBe(spoken.samples.length);
      expect(heard.samples.every((x) => x === 0)).toBe(true);
    }));

  it('a connection that breaks: what came is heard first', () =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'truncated', afterBytes: 10_001 } };
      const heard = await hear(speak());
      expectSame(heard, spoken, 5_000);
      expect(faultOf(heard).reason).toMatch(/cut off its answer after 0\.\d s of sound$/);
      expect(faultOf(heard).retrySafe).toBe(false);
      server.script = { fault: { kind: 'truncated', afterBytes: 0 } };
      const fault = faultOf(await hear(speak()));
      expect(fault.reason).toContain('cut off its answer before any sound');
      expect(fault.retrySafe).toBe(true);
    }));

  it('a goodbye with a reason is told, without a key that may be in it', () =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'close', code: 1011, reason: 'the model sk-abcdef123 is overloaded' } };
      const fault = faultOf(await hear(speak()));
      expect(fault.reason).toContain('closed the connection (code 1011, the model sk-*** is overloaded)');
      expect(fault.retrySafe).toBe(true);
    }));

  it.each([
    ['words', 'hello?'],
    ['bytes', Buffer.from([9, 9])],
    ['nothing', Buffer.alloc(0)],
  ])('%s that are no message', (_, message) =>
    withServer(async (server, speak) => {
      server.script = { fault: { kind: 'garbage', message } };
      expect(faultOf(await hear(speak())).reason).toContain('sent a message that cannot be read');
      await until(() => server.connections === 0);
    }),
  );

  it('speaks on after every fault', () =>
    withServer(async (server, speak) => {
      server.next.push({ fault: { kind: 'hang-up' } }, { fault: { kind: 'html' } }, { fault: { kind: 'empty' } });
      for (let i = 0; i < 3; i++) faultOf(await hear(speak()));
      expectSame(await hear(speak()), spoken);
      await until(() => server.connections === 0);
    }));

  it('close ends what is under way', () =>
    withServer(async (server, speak, voice) => {
      server.script = { fault: { kind: 'stall', afterBytes: 100 } };
      const hearing = hear(speak());
      await until(() => server.texts.length === 1);
      await voice.close();
      expect(faultOf(await hearing).reason).toContain('cut off its answer');
      await until(() => server.connections === 0);
    }));
}
