import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualTimers, settle } from '../../../../testing/manual-timers';
import { ScriptedVoice } from '../../../../testing/scripted-voice';
import { createLogger } from '../log';
import { AutoTts } from './auto';
import type { TtsOptions } from './tts';

const FIVE_MINUTES_MS = 300_000;

let timers: ManualTimers;
let logged: string;
let service: ScriptedVoice;
let offline: ScriptedVoice;
let probes: AbortSignal[];
let answer: () => Promise<unknown>;
let tts: AutoTts;

beforeEach(() => {
  timers = new ManualTimers();
  logged = '';
  service = new ScriptedVoice('service', timers, [{ tone: 300 }]);
  offline = new ScriptedVoice('offline', timers, [{ tone: 100 }]);
  probes = [];
  answer = async () => {};
});
afterEach(async () => {
  await tts.close();
  expect(timers.pending + timers.pendingInBackground, 'timers left behind').toBe(0);
});

function start(): AutoTts {
  const sink = { write: (text: string) => void (logged += text) };
  tts = new AutoTts({
    candidates: [
      {
        engine: service,
        probe: (signal) => {
          probes.push(signal);
          return answer();
        },
        hasVoice: (name) => name.startsWith('service-'),
        notice: 'Every sentence goes to a service.',
      },
    ],
    offline,
    timers,
    log: createLogger('info', { out: sink, err: sink }),
  });
  return tts;
}

async function spokenBy(options: Partial<TtsOptions> = {}): Promise<string> {
  const engines: string[] = [];
  const stream = tts.stream('Hello.', {
    signal: new AbortController().signal,
    onEngine: (engine) => void engines.push(engine),
    ...options,
  });
  for await (const _ of stream);
  return engines.join();
}

it('speaks offline, without sending text anywhere, until the service is known to answer', async () => {
  let found = () => {};
  answer = () => new Promise<void>((resolve) => (found = resolve));
  start();
  expect(await spokenBy()).toBe('offline');
  expect(tts.name).toBe('offline');
  expect(tts.status()).toEqual([
    { engine: 'service', state: 'unknown' },
    { engine: 'offline', state: 'ready' },
  ]);
  expect(logged).toBe('');
  found();
  await settle();
  expect(await spokenBy()).toBe('service');
  expect(tts.name).toBe('service');
  expect(tts.status().map(({ engine, state }) => [engine, state])).toEqual([
    ['service', 'ready'],
    ['offline', 'unknown'],
  ]);
  expect(logged).toMatch(/info .*the voice is service: it can be reached. Every sentence goes to a service/);
});

it('stays offline when the probe fails, says why once, and tries again every five minutes', async () => {
  answer = async () => {
    throw new Error('no route to host');
  };
  start();
  await settle();
  expect(await spokenBy()).toBe('offline');
  expect(tts.status()[0]).toEqual({
    engine: 'service',
    state: 'failing',
    problem: 'no route to host.',
    retryInMs: FIVE_MINUTES_MS,
  });
  // The wait for the next probe keeps no process alive.
  expect([timers.pending, timers.pendingInBackground]).toEqual([0, 1]);
  await timers.advance(3 * FIVE_MINUTES_MS);
  expect(probes).toHaveLength(4);
  expect(logged.match(/info/g)).toHaveLength(1);
  expect(logged).toMatch(/the voice is offline, offline. service: no route to host\./);
  answer = async () => {};
  await timers.advance(FIVE_MINUTES_MS);
  expect(await spokenBy()).toBe('service');
  expect(logged.match(/info/g)).toHaveLength(2);
  answer = async () => {
    throw new Error('gone again');
  };
  await timers.advance(FIVE_MINUTES_MS);
  expect(await spokenBy()).toBe('offline');
  expect(service.asked).toHaveLength(1);
  expect(logged.match(/info/g)).toHaveLength(3);
});

it('gives a probe three seconds', async () => {
  answer = () => new Promise(() => {});
  start();
  await timers.advance(2_999);
  expect(tts.status()[0]!.state).toBe('unknown');
  expect(probes[0]!.aborted).toBe(false);
  await timers.advance(1);
  expect(tts.status()[0]).toMatchObject({ state: 'failing', problem: 'nothing came within 3 s.' });
  expect(probes[0]!.aborted).toBe(true);
});

it('stands in for the service when that fails on a sentence', async () => {
  service = new ScriptedVoice('service', timers, [{ fail: new Error('broken') }]);
  start();
  await settle();
  const faults: [string, string | undefined][] = [];
  const onFault: TtsOptions['onFault'] = (fault, next) => void faults.push([fault.provider, next]);
  expect(await spokenBy({ onFault })).toBe('offline');
  expect(faults).toEqual([['service', 'offline']]);
  expect(tts.status()[0]).toMatchObject({ state: 'failing', retryInMs: 30_000 });
});

it('takes a voice name to the engine that has it', async () => {
  start();
  expect(await spokenBy({ voice: 'service-bella' })).toBe('offline');
  expect(offline.asked.at(-1)!.options.voice).toBeUndefined();
  await settle();
  expect(await spokenBy({ voice: 'service-bella', speed: 1.2 })).toBe('service');
  expect(service.asked.at(-1)!.options).toMatchObject({ voice: 'service-bella', speed: 1.2 });
  expect(await spokenBy({ voice: 'en-us+m3' })).toBe('offline');
  expect(offline.asked.at(-1)!.options.voice).toBe('en-us+m3');
  expect(service.asked).toHaveLength(1);
});

it('ends its probe and its timer on close, and closes every engine', async () => {
  answer = () => new Promise(() => {});
  start();
  await tts.close();
  await tts.close();
  await settle();
  expect(probes[0]!.aborted).toBe(true);
  expect([service.closes, offline.closes > 0]).toEqual([1, true]);
  expect(logged).toBe('');
});

it('works without any candidate', async () => {
  tts = new AutoTts({ candidates: [], offline, timers });
  await settle();
  expect(await spokenBy()).toBe('offline');
  expect(tts.status()).toEqual([{ engine: 'offline', state: 'ready' }]);
});
