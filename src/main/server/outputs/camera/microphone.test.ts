import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeSoundServer } from '../../../../../testing/fake-sound-server';
import { counts, processes } from '../../metrics/native';
import { Microphone } from './microphone';

let sounds: FakeSoundServer;
let lost: string[];

beforeEach(() => {
  sounds = new FakeSoundServer();
  lost = [];
});
afterEach(() => {
  sounds.close();
  expect([counts().microphone ?? 0, processes()]).toEqual([0, []]);
});

const open = (signal = new AbortController().signal) =>
  Microphone.open('video10', (reason) => lost.push(reason), signal);

async function until(test: () => boolean): Promise<void> {
  for (let waited = 0; !test(); waited += 5) {
    if (waited >= 20_000) throw new Error(`waited in vain: ${JSON.stringify([sounds.calls, lost])}`);
    await sleep(5);
  }
}

const loaded = () => sounds.calls.filter((call) => call.startsWith('load-module')).length;
const unloaded = () => sounds.calls.filter((call) => call.startsWith('unload-module'));

// PulseAudio's programs are played by shell scripts.
describe.skipIf(process.platform === 'win32')('a virtual microphone', () => {
  it('uses a sink and a source that are there, and leaves them', async () => {
    sounds.has('sinks', 'herald_video10');
    sounds.has('sources', 'herald_video10_mic');
    const microphone = await open();
    microphone.sound(new Float32Array(960).fill(0.25));
    await until(() => sounds.sound.length === 960);
    await microphone.close();
    expect([loaded(), unloaded()]).toEqual([0, []]);
  });

  it('comes about at a server that knows fewer options, too', async () => {
    sounds.beOld();
    await (await open()).close();
    const sinks = sounds.calls.filter((call) => call.includes('module-null-sink'));
    expect(sinks.map((call) => call.endsWith(' norewinds=1'))).toEqual([true, false]);
    expect(unloaded()).toHaveLength(2);
  });

  it('is refused in the words of pactl', async () => {
    sounds.refuse();
    await expect(open()).rejects.toThrow('Connection failure: Connection refused. Does PulseAudio or PipeWire run');
  });

  it('takes back what it loaded when the player cannot play, or nobody wants it any more', async () => {
    sounds.unplug();
    await expect(open()).rejects.toThrow('pacat ended (exit code 1): Stream error: No such entity');
    expect(unloaded()).toEqual(['unload-module 537', 'unload-module 536']);
    await expect(open(AbortSignal.abort())).rejects.toThrow('aborted');
    expect(unloaded().slice(2)).toEqual(['unload-module 538']);
  });

  it('replaces a player that falls behind, and says so when there is none to be had', async () => {
    sounds.stallOnce();
    const microphone = await open();
    const offer = () => microphone.sound(new Float32Array(960).fill(0.5));
    while (microphone.droppedSounds === 0) {
      offer();
      await sleep(0);
    }
    await until(() => {
      offer();
      return sounds.sound.length > 0; // by the second one
    });
    expect(sounds.calls.filter((call) => call.startsWith('pacat'))).toHaveLength(2);
    sounds.unplug();
    process.kill(processes()[0]!, 'SIGKILL');
    await until(() => {
      offer();
      return lost.length > 0;
    });
    expect(lost).toEqual([expect.stringContaining('No such entity; remove this output and add it again')]);
    await microphone.close();
    expect([loaded(), unloaded().length]).toEqual([2, 2]);
  });
});
