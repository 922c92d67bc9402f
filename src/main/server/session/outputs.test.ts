import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clapper } from '../../../../testing/clapper';
import type { SessionEvent } from '../../../shared/protocol';
import { HeraldError } from '../errors';
import { createLogger } from '../log';
import { counts } from '../metrics/native';
import type { EncodedPacket, MediaFormat } from '../outputs/output';
import { type PushOptions, type PushOutput, type PushState, redactedUrl } from '../outputs/push';
import { AttachedOutputs } from './attached';
import { SessionOutputs } from './outputs';

/** A destination that takes everything, and does as the test says. */
class Taker implements PushOutput {
  readonly kind = 'rtmp';
  readonly keyframes: number[] = [];
  state: PushState = 'connecting';
  closed = 0;
  packets = 0;
  onChange: PushOutput['onChange'] = () => {};
  refusal: Error | undefined;

  constructor(readonly options: PushOptions) {}

  get figures() {
    return { packets: this.packets };
  }
  async start(format: MediaFormat): Promise<void> {
    expect(format.video.codec).toBe('h264');
    if (this.options.url.includes('refuse')) throw new HeraldError('refused', 'not this one');
  }
  video({ keyframe, ptsSamples }: EncodedPacket): void {
    this.packets++;
    if (keyframe) this.keyframes.push(ptsSamples);
  }
  audio(): void {}
  become(state: PushState, reason?: string): void {
    this.state = state;
    this.onChange(state, reason);
  }
  async close(): Promise<void> {
    this.closed++;
    this.onChange('closed');
  }
}

let clap: Clapper;
let attached: AttachedOutputs;
let outputs: SessionOutputs;
let takers: Taker[];
let events: SessionEvent[];

beforeEach(async () => {
  clap = await Clapper.open();
  attached = new AttachedOutputs(100);
  takers = [];
  events = [];
  const open = (options: PushOptions) => {
    const taker = new Taker(options);
    takers.push(taker);
    return taker;
  };
  outputs = new SessionOutputs(
    {
      attach: (output) => attached.attach(output),
      requestKeyframe: () => clap.program.requestKeyframe(),
      emit: (event) => events.push(event),
      log: createLogger('silent'),
      iceServers: [],
    },
    { rtmp: { open, schemes: ['rtmp:'] }, camera: { open, find } },
  );
});
afterEach(async () => {
  await outputs.close();
  await attached.close();
  await clap.close();
  expect(takers.map(({ closed }) => closed)).toEqual(takers.map(() => 1));
  expect(Object.values(counts()).filter((alive) => alive !== 0)).toEqual([]);
});

function find(wanted: string): string {
  if (wanted !== 'auto') throw new HeraldError('refused', 'no such device');
  return '/dev/video10';
}

const rtmp = (key: string) => ({ kind: 'rtmp' as const, url: `rtmp://host/live/${key}` });

describe('the outputs of a session', () => {
  it('take packets from a keyframe on, are listed without their key, tell of themselves, and go', async () => {
    attached.setProgram(clap.program);
    await clap.play(30);
    const { id } = await outputs.add({ ...rtmp('secret?k=hush'), token: 'quiet' });
    await clap.play(10);
    const [taker] = takers;
    expect(taker!.keyframes).toHaveLength(1);
    taker!.become('live');
    expect(outputs.list()).toEqual([
      {
        id,
        kind: 'rtmp',
        url: 'rtmp://host/live/***?***',
        state: 'live',
        since: expect.any(String),
        figures: { packets: 10 },
      },
    ]);
    taker!.become('reconnecting', 'it was restarted');
    expect(await outputs.remove(id)).toBe(true);
    expect([await outputs.remove(id), outputs.list()]).toEqual([false, []]);
    await clap.play(5);
    expect(taker!.packets).toBe(10);
    expect(taker!.options.signal.aborted).toBe(true);
    expect(events).toEqual([
      { status: 'output', id, kind: 'rtmp', state: 'connecting' },
      { status: 'output', id, kind: 'rtmp', state: 'live' },
      { status: 'output', id, kind: 'rtmp', state: 'reconnecting', reason: 'it was restarted' },
      { status: 'output', id, kind: 'rtmp', state: 'closed' },
    ]);
  });

  it('that failed take nothing more and stay listed, until their place is needed', async () => {
    attached.setProgram(clap.program);
    for (let i = 0; i < 8; i++) await outputs.add(rtmp(`key${i}`));
    await expect(outputs.add(rtmp('ninth'))).rejects.toThrow('8 outputs at most: remove one first');
    takers[3]!.become('failed', 'it does not want us');
    await clap.play(2);
    expect([takers[3]!.packets, clap.program.outputCount]).toEqual([0, 8]); // the clapper's own is one
    expect(outputs.list()[3]).toMatchObject({ state: 'failed', reason: 'it does not want us' });
    await outputs.add(rtmp('ninth'));
    expect(outputs.list()).toHaveLength(8);
  });

  it('wait for the program, but not for ever', async () => {
    await expect(outputs.add(rtmp('a'))).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('no picture yet'),
    });
    const adding = outputs.add(rtmp('b'));
    await sleep(20);
    attached.setProgram(clap.program);
    await adding;
    expect(outputs.list()).toHaveLength(1);
  });

  it.each([
    ['http://host/live', 'begins with rtmp://'],
    ['rtmp:/host', 'begins with rtmp://'],
    ['rtmp://host/live/key swfUrl=x', 'begins with rtmp://'],
    ['nonsense', 'begins with rtmp://'],
    ['rtmp://host/refuse', 'not this one'],
  ])('are refused: %s', async (url, message) => {
    attached.setProgram(clap.program);
    await expect(outputs.add({ kind: 'rtmp', url })).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(message),
    });
    expect(outputs.list()).toEqual([]);
    const told = events.map((event) => (event.status === 'output' ? [event.state, event.reason] : []));
    if (told.length > 0)
      expect(told).toEqual([
        ['connecting', undefined],
        ['closed', message],
      ]);
  });

  it('may be devices of this machine: found first, and shown as they are', async () => {
    attached.setProgram(clap.program);
    const { url } = await outputs.add({ kind: 'camera', url: 'auto' });
    expect([url, takers[0]!.options.url]).toEqual(['/dev/video10', '/dev/video10']);
    await expect(outputs.add({ kind: 'camera', url: '/dev/video9' })).rejects.toThrow('no such device');
    expect(outputs.list()).toHaveLength(1);
  });

  it('of a kind that is not there are refused with those that are', async () => {
    await expect(outputs.add({ kind: 'whip', url: 'http://host/whip' })).rejects.toThrow('available: rtmp');
  });

  it('are closed with the session, and none is taken after', async () => {
    attached.setProgram(clap.program);
    const { id } = await outputs.add(rtmp('a'));
    await outputs.close();
    await attached.close();
    expect(events.at(-1)).toEqual({ status: 'output', id, kind: 'rtmp', state: 'closed' });
    await expect(outputs.add(rtmp('b'))).rejects.toThrow('session is closed');
    await expect(attached.attach(new Taker({ url: '' } as PushOptions))).rejects.toThrow('session is closed');
  });
});

it.each([
  ['rtmp://a.rtmp.youtube.com/live2/abcd-efgh', 'rtmp://a.rtmp.youtube.com/live2/***'],
  ['rtmps://user:word@host:443/app/inst/key?x=1', 'rtmps://host:443/app/inst/***?***'],
  ['http://localhost:1985/rtc/v1/whip/?app=live&stream=key', 'http://localhost:1985/rtc/v1/***/?***'],
  ['https://host/whip/key#part', 'https://host/whip/***'],
  ['rtmp://host', 'rtmp://host'],
  ['not an address', '***'],
])('%s is shown as %s', (url, shown) => expect(redactedUrl(url)).toBe(shown));
