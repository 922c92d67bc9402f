import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { LOADED, ScriptedProcess, wellBehaved } from '../../../../../testing/voice-process';
import { VoiceHost } from './host';
import type { SherpaConfig, ToVoice } from './messages';

const CONFIG: SherpaConfig = { model: { numThreads: 1, provider: 'cpu', debug: false }, maxNumSentences: 1 };
const JOB = { pieces: [{ text: 'Hello.', pauseMs: 0 }], speaker: 0, speed: 1 };

function hostOf(scripts: ((message: ToVoice, process: ScriptedProcess) => void)[], limits = {}) {
  const started: ScriptedProcess[] = [];
  const host = new VoiceHost({
    name: 'joe',
    config: async () => CONFIG,
    start: () => {
      const process = new ScriptedProcess(scripts[Math.min(started.length, scripts.length - 1)]!);
      started.push(process);
      return process;
    },
    ...limits,
  });
  return { host, started };
}

async function lengths(host: VoiceHost, signal = AbortSignal.timeout(10_000)): Promise<number[]> {
  const parts: number[] = [];
  for await (const { length } of host.run(JOB, signal)) parts.push(length);
  return parts;
}

it('starts one process with the first sentence, keeps it, and holds the server up only while it speaks', async () => {
  const { host, started } = hostOf([wellBehaved]);
  expect(host.state).toEqual({ pid: undefined, loaded: false, jobs: 0 });
  expect(await Promise.all([lengths(host), lengths(host)])).toEqual([
    [2, 3],
    [2, 3],
  ]);
  expect(started).toHaveLength(1);
  expect(started[0]!.held).toBe(false);
  expect(host.state).toEqual({ pid: 1, loaded: true, jobs: 0 });
  expect(host.speed).toEqual({ speechMs: 80, realTimeFactor: 0.25 });
  await host.close();
});

it('fails all sentences of a process that dies, may be asked again, and starts another', async () => {
  const dies = (message: ToVoice, process: ScriptedProcess) => {
    if (message.type === 'load') process.say(LOADED);
    else process.die('killed by SIGSEGV');
  };
  const { host, started } = hostOf([dies, wellBehaved]);
  const both = await Promise.allSettled([lengths(host), lengths(host)]);
  for (const one of both) {
    expect(one).toMatchObject({
      reason: {
        part: 'voice',
        provider: 'local',
        reason: 'the voice process of "joe" ended (killed by SIGSEGV)',
        retrySafe: true,
      },
    });
  }
  expect(await lengths(host)).toEqual([2, 3]);
  expect(started).toHaveLength(2);
  await host.close();
});

it('gives what was spoken before it died first', async () => {
  const { host } = hostOf([
    (message, process) => {
      if (message.type === 'load') process.say(LOADED);
      else if (message.type === 'speak') {
        process.say({ type: 'audio', id: message.job.id, samples: new Float32Array(7) });
        process.die('exit code 1');
      }
    },
  ]);
  const parts: number[] = [];
  const speaking = (async () => {
    for await (const { length } of host.run(JOB, AbortSignal.timeout(10_000))) parts.push(length);
  })();
  await expect(speaking).rejects.toThrow('exit code 1');
  expect(parts).toEqual([7]);
  await host.close();
});

it('says what is wrong with a model that kills its process, and is not asked again at once', async () => {
  const { host } = hostOf([(_, process) => process.die('killed by SIGABRT: Protobuf parsing failed.')]);
  await expect(lengths(host)).rejects.toMatchObject({
    reason: '"joe" could not be loaded (killed by SIGABRT: Protobuf parsing failed.)',
    remedy: 'Check its files, or download the voice again.',
    retrySafe: false,
  });
  await host.close();
});

it('ends a process that is of no use, and passes on why', async () => {
  const { host, started } = hostOf([
    (_, process) => process.say({ type: 'refused', reason: 'sherpa-onnx is not there', remedy: 'Install it.' }),
    wellBehaved,
  ]);
  await expect(lengths(host)).rejects.toMatchObject({
    reason: '"joe" cannot speak: sherpa-onnx is not there',
    remedy: 'Install it.',
  });
  expect(await lengths(host)).toEqual([2, 3]);
  expect(started).toHaveLength(2);
  await host.close();
});

it('replaces a process that hangs, loading or speaking', async () => {
  const silent = () => {};
  const mute = (message: ToVoice, process: ScriptedProcess) => {
    if (message.type === 'load') process.say(LOADED);
  };
  const { host, started } = hostOf([silent, mute, wellBehaved], { loadLimitMs: 20, silenceLimitMs: 20 });
  await expect(lengths(host)).rejects.toThrow('it took too long to load (0.02 s)');
  await expect(lengths(host)).rejects.toThrow('it hung (0.02 s)');
  expect(await lengths(host)).toEqual([2, 3]);
  expect(started).toHaveLength(3);
  await host.close();
});

it('tells the process when nobody listens any more, and stays busy until it has answered', async () => {
  let job = 0;
  const { host, started } = hostOf([
    (message, process) => {
      if (message.type === 'load') process.say(LOADED);
      if (message.type === 'speak') {
        job = message.job.id;
        process.say({ type: 'audio', id: job, samples: new Float32Array(1) });
      }
    },
  ]);
  for await (const _ of host.run(JOB, AbortSignal.timeout(10_000))) break;
  const process = started[0]!;
  expect(process.received.at(-1)).toEqual({ type: 'cancel', id: job });
  expect(host.state.jobs).toBe(1);
  process.say({ type: 'done', id: job, synthesisMs: 0, speechMs: 0 });
  await turn();
  expect(host.state.jobs).toBe(0);

  const stop = new AbortController();
  const speaking = lengths(host, stop.signal);
  await turn();
  stop.abort(new Error('interrupted'));
  await expect(speaking).rejects.toThrow('interrupted');
  expect(process.received.at(-1)).toEqual({ type: 'cancel', id: job });
  await host.close();
});

it('refuses more sentences than anybody can wait for', async () => {
  const { host } = hostOf([(message, process) => message.type === 'load' && process.say(LOADED)]);
  const stops = Array.from({ length: 64 }, () => new AbortController());
  const waiting = stops.map(({ signal }) => lengths(host, signal).catch(() => 'stopped'));
  await turn();
  await expect(lengths(host)).rejects.toMatchObject({ reason: '64 sentences wait for it already', ofRequest: true });
  for (const stop of stops) stop.abort(new Error('enough'));
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['stopped']));
  await host.close();
});

it('passes on why the files could not be made ready, and tries again', async () => {
  let attempts = 0;
  const host = new VoiceHost({
    name: 'joe',
    config: async () => {
      if (++attempts === 1) throw new Error('the disk is full');
      return CONFIG;
    },
    start: () => new ScriptedProcess(wellBehaved),
  });
  await expect(lengths(host)).rejects.toThrow('the disk is full');
  expect(await lengths(host)).toEqual([2, 3]);
  await host.close();
});

it('ends the process when it is closed, with all sentences, and starts no other', async () => {
  const { host, started } = hostOf([(message, process) => message.type === 'load' && process.say(LOADED)]);
  const speaking = lengths(host);
  await turn();
  await Promise.all([host.close(), host.close(), expect(speaking).rejects.toThrow('is not loaded any more')]);
  await expect(lengths(host)).rejects.toThrow('is not loaded any more');
  expect(started).toHaveLength(1);
});
