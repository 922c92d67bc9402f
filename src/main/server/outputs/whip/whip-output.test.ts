import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { closedAfterEach } from '../../../../../testing/opened';
import { ProgramSource } from '../../../../../testing/program-source';
import { WhipServer, type WhipServerOptions } from '../../../../../testing/whip-server';
import { createLogger } from '../../log';
import type { PushState } from '../push';
import { PUBLICATION_LIMITS, type PublicationLimits } from './publication';
import { WhipOutput } from './whip-output';

const TOKEN = 'correct-horse-battery';
const KEY = 'stream-key-4711';
const SPS = 7;
const STUN_BINDING_REQUEST = 0x0001;

const opened = closedAfterEach();

async function server(options: WhipServerOptions = {}): Promise<WhipServer> {
  const started = await WhipServer.start(options);
  opened.push(started);
  return started;
}

interface PushingOptions {
  token?: string;
  codec?: 'h264' | 'vp8';
  limits?: Partial<PublicationLimits>;
}

/** A program of 25 pictures and 50 frames a second, pushed to this address. */
async function push(url: string, { token, codec = 'h264', limits: changed = {} }: PushingOptions = {}) {
  let logged = '';
  const write = (text: string) => void (logged += text);
  const source = await ProgramSource.open(codec);
  const asked = { keyframes: 0 };
  const limits = { ...PUBLICATION_LIMITS, ...changed };
  const waits: [failures: number, retryAfterMs?: number][] = [];
  const changes: { state: PushState; reason?: string }[] = [];
  const output = new WhipOutput(
    {
      url,
      ...(token && { token }),
      log: createLogger('debug', { out: { write }, err: { write } }),
      signal: new AbortController().signal,
      requestKeyframe: () => {
        asked.keyframes++;
        source.program.requestKeyframe();
      },
      iceServers: [],
    },
    {
      limits,
      backoffMs: (failures, retryAfterMs) => {
        waits.push([failures, retryAfterMs]);
        return 20;
      },
    },
  );
  output.onChange = (state, reason) => changes.push({ state, ...(reason && { reason }) });
  opened.push(source, output);
  await source.program.attach(output);
  const secrets = () => `${logged}${JSON.stringify(changes)}`;
  return { output, asked, changes, secrets, limits, waits };
}

async function until(test: () => boolean, limitMs = 10_000): Promise<void> {
  for (let waited = 0; !test(); waited += 10) {
    if (waited >= limitMs) throw new Error('waited in vain');
    await sleep(10);
  }
}

const nalType = (payload: Buffer) => payload[0]! & 0x1f;

describe('WHIP', () => {
  it('publishes with a bearer token, begins with a keyframe, and takes its leave with DELETE', async () => {
    const whip = await server({ token: TOKEN });
    const { output, changes, secrets } = await push(`${whip.origin}/live/${KEY}?pass=${KEY}`, { token: TOKEN });
    await until(() => (whip.last?.video.length ?? 0) > 20 && whip.last!.audio.length > 20);
    const { offer, video } = whip.last!;
    expect(nalType(video[0]!.payload)).toBe(SPS);
    expect(offer.match(/a=sendonly/g)).toHaveLength(2);
    expect(offer).toMatch(/a=rtpmap:\d+ opus\/48000\/2/);
    expect(offer).toMatch(/a=candidate:.* typ host/);
    expect(offer).toContain('a=end-of-candidates');
    expect(offer).not.toMatch(/VP8/);
    expect(output.figures).toMatchObject({ connects: 1, failures: 0 });
    await output.close();
    expect(whip.last!.deleted).toBe(true);
    expect(
      whip.requests.map(({ method, path, contentType, authorization }) => ({
        method,
        path,
        contentType,
        authorization,
      })),
    ).toEqual([
      {
        method: 'POST',
        path: `/live/${KEY}?pass=${KEY}`,
        contentType: 'application/sdp',
        authorization: `Bearer ${TOKEN}`,
      },
      { method: 'DELETE', path: '/resource/1', contentType: undefined, authorization: `Bearer ${TOKEN}` },
    ]);
    expect(changes.map(({ state }) => state)).toEqual(['live', 'closed']);
    expect(secrets()).not.toMatch(new RegExp(`${KEY}|${TOKEN}`));
  });

  it('answers the keyframe requests of the server', async () => {
    const whip = await server();
    const { output, asked } = await push(`${whip.origin}/live`);
    await until(() => (whip.last?.video.length ?? 0) > 10);
    expect(asked.keyframes).toBe(1);
    await whip.requestKeyframe();
    await until(() => asked.keyframes === 2);
    expect(output.figures.pli).toBe(1);
  });

  it('sends VP8 where the program is VP8, and says so where the server takes none', async () => {
    const vp8 = await server({ codec: 'VP8' });
    const good = await push(`${vp8.origin}/live`, { codec: 'vp8' });
    await until(() => (vp8.last?.video.length ?? 0) > 5);
    await good.output.close();
    const other = await server({ rewrite: (sdp) => sdp.replaceAll('H264/90000', 'VP9/90000') });
    const bad = await push(`${other.origin}/live`);
    await until(() => bad.output.state === 'failed');
    expect(bad.changes.at(-1)!.reason).toMatch(/does not take H.264 video/);
    expect(other.last!.deleted).toBe(true); // what the server had made of the offer is not left standing
  });

  it.each([
    [401, {}, /refuses the token/],
    [404, {}, /knows no such path/],
    [405, {}, /takes no WHIP/],
    [406, {}, /cannot use the offer/],
    [302, { location: 'http://elsewhere.example/' }, /RFC 9725 does not allow/],
  ])('fails for good on %i, with what to do', async (status, headers, message) => {
    const whip = await server({
      intercept: (_, response) => {
        response.writeHead(status, { ...headers, 'content-type': 'text/plain' }).end(`do not show ${KEY} or ${TOKEN}`);
        return true;
      },
    });
    const { output, changes, secrets } = await push(`${whip.origin}/whip/${KEY}`, { token: TOKEN });
    await until(() => output.state === 'failed');
    expect(changes).toEqual([{ state: 'failed', reason: expect.stringMatching(message) }]);
    expect(changes[0]!.reason).toContain('It said: do not show *** or ***');
    expect(secrets()).not.toMatch(new RegExp(`${KEY}|${TOKEN}`));
  });

  it('asks for a token where it has none', async () => {
    const whip = await server({ token: TOKEN });
    const { output, changes } = await push(`${whip.origin}/live`);
    await until(() => output.state === 'failed');
    expect(changes[0]!.reason).toMatch(/wants a token.*It said: no such token/);
  });

  it('follows 307 and 308, and gives its token to the first origin alone', async () => {
    const far = await server();
    const near = await server({
      intercept: ({ path }, response) => {
        if (path === '/old') response.writeHead(307, { location: '/live' }).end();
        else response.writeHead(308, { location: `${far.origin}/far` }).end();
        return true;
      },
    });
    const { output } = await push(`${near.origin}/old`, { token: TOKEN });
    await until(() => output.state === 'live');
    await output.close();
    expect(near.requests.map(({ path, authorization }) => [path, authorization])).toEqual([
      ['/old', `Bearer ${TOKEN}`],
      ['/live', `Bearer ${TOKEN}`],
    ]);
    expect(far.requests.map(({ method, authorization }) => [method, authorization])).toEqual([
      ['POST', undefined],
      ['DELETE', undefined],
    ]);
  });

  it('does not follow redirects in circles', async () => {
    const whip = await server({
      intercept: (_, response) => {
        response.writeHead(307, { location: '/again' }).end();
        return true;
      },
    });
    const { output, changes } = await push(`${whip.origin}/live`);
    await until(() => output.state === 'failed');
    expect(changes[0]!.reason).toMatch(/in circles/);
    expect(whip.requests).toHaveLength(6);
  });

  it('waits as long as a busy server asks, and goes on then', async () => {
    let refusals = 0;
    const whip = await server({
      intercept: (_, response) => {
        if (++refusals > 2) return false;
        response.writeHead(503, { 'retry-after': '7' }).end();
        return true;
      },
    });
    const { output, changes, waits } = await push(`${whip.origin}/live`);
    await until(() => output.state === 'live');
    expect(changes.map(({ state }) => state)).toEqual(['reconnecting', 'reconnecting', 'live']);
    expect(changes[0]!.reason).toMatch(/too busy/);
    expect(waits).toEqual([
      [1, 7_000],
      [2, 7_000],
    ]);
  });

  it('gives up on a server that does not answer, and on one whose answer leads nowhere', async () => {
    const silent = await server({ intercept: () => true });
    const first = await push(`${silent.origin}/live`, { limits: { postMs: 200 } });
    await until(() => first.changes.length > 0);
    expect(first.changes[0]).toEqual({
      state: 'reconnecting',
      reason: expect.stringMatching(/did not answer within 0.2 s/),
    });

    const nowhere = await server({ rewrite: (sdp) => sdp.replaceAll(/^a=candidate:.*\r\n/gm, '') });
    const second = await push(`${nowhere.origin}/live`, { limits: { connectMs: 300 } });
    await until(() => nowhere.publications[0]?.deleted === true && second.changes.length > 0);
    expect(second.changes[0]!.reason).toMatch(/no media connection came about/);
  });

  it('asks the ICE servers that a server told of as soon as it cannot connect without them', async () => {
    const stun = createSocket('udp4');
    const asked = new Promise<number>((resolve) => stun.once('message', (message) => resolve(message.readUInt16BE(0))));
    await new Promise<void>((resolve) => stun.bind(0, '127.0.0.1', resolve));
    const links = [`<stun:127.0.0.1:${stun.address().port}>; rel="ice-server"`];
    const whip = await server({ links, rewrite: (sdp) => sdp.replaceAll(/^a=candidate:.*\r\n/gm, '') });
    await push(`${whip.origin}/live`, { limits: { connectMs: 200 } });
    expect(await asked).toBe(STUN_BINDING_REQUEST);
    stun.close();
  });

  it('comes back, with a keyframe first, when the server goes away and comes back', async () => {
    const first = await WhipServer.start();
    const { port } = first;
    const { output, changes, limits } = await push(`${first.origin}/live`);
    await until(() => (first.last?.video.length ?? 0) > 5);
    await first.close();
    limits.silenceMs = -1; // the next check finds it silent
    await until(() => output.state === 'reconnecting' && output.figures.failures > 0);
    limits.silenceMs = PUBLICATION_LIMITS.silenceMs;
    const second = await server({ port });
    await until(() => (second.last?.video.length ?? 0) > 5);
    expect(nalType(second.last!.video[0]!.payload)).toBe(SPS);
    expect(output.figures.connects).toBe(2);
    expect(changes.at(-1)).toEqual({ state: 'live' });
    expect(changes.some(({ reason }) => /nothing listens there/.test(reason ?? ''))).toBe(true);
  });

  it('goes on trying an address that has worked, whatever it answers meanwhile', async () => {
    const whip = await server();
    const { output, limits } = await push(`${whip.origin}/live`);
    await until(() => output.state === 'live');
    let refusals = 0;
    whip.options.intercept = ({ method }, response) => {
      if (method !== 'POST' || ++refusals > 3) return false;
      response.writeHead(404).end();
      return true;
    };
    await whip.last!.pc.close();
    limits.silenceMs = -1;
    await until(() => output.state === 'reconnecting');
    limits.silenceMs = PUBLICATION_LIMITS.silenceMs;
    await until(() => whip.publications.length === 2 && output.state === 'live');
    expect(output.figures.failures).toBe(3);
  });

  it('notices a server that fell silent', async () => {
    const whip = await server();
    const { changes } = await push(`${whip.origin}/live`, { limits: { silenceMs: -1 } });
    await until(() => changes.some(({ reason }) => reason === 'the server fell silent'));
    await until(() => whip.publications[0]!.deleted);
  });

  it('is stopped by its signal or by close at any moment, with nothing left', async () => {
    const silent = await server({ intercept: () => true });
    const { output } = await push(`${silent.origin}/live`);
    await until(() => silent.requests.length > 0);
    await output.close();
    expect(output.state).toBe('closed');
    const early = await push(`${silent.origin}/live`);
    await early.output.close();
    expect(early.output.state).toBe('closed');
  });

  it("publishes to SRS at its WHIP address, with the seed's default query", async () => {
    const location = '/rtc/v1/whip/?action=delete&token=abc&app=live&stream=livestream&session={id}';
    const whip = await server({ location });
    const { output } = await push(`${whip.origin}/rtc/v1/whip/?app=live&stream=livestream`);
    await until(() => (whip.last?.video.length ?? 0) > 5);
    await output.close();
    expect(whip.requests.map(({ method, path }) => [method, path])).toEqual([
      ['POST', '/rtc/v1/whip/?app=live&stream=livestream'],
      ['DELETE', location.replace('{id}', '1')],
    ]);
  });

  it("publishes to SRS's older JSON API", async () => {
    const whip = await server();
    const { output } = await push(`${whip.origin}/rtc/v1/publish/?app=live&stream=show&secret=${KEY}`);
    await until(() => (whip.last?.video.length ?? 0) > 5);
    await output.close();
    expect(whip.requests).toHaveLength(1);
    expect(JSON.parse(whip.requests[0]!.body)).toMatchObject({
      api: `${whip.origin}/rtc/v1/publish/`,
      streamurl: `webrtc://127.0.0.1/live/show?secret=${KEY}`,
      sdp: expect.stringContaining('a=sendonly'),
    });
    const nameless = await push(`${whip.origin}/rtc/v1/publish/`);
    await until(() => nameless.output.state === 'failed');
    expect(nameless.changes[0]!.reason).toMatch(/names no stream: add \?app=live&stream=NAME/);
  });
});
