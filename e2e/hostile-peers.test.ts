import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { flood, HOSTILE, portsOf } from '../testing/hostile-datagrams';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';
import { RtpViewer } from '../testing/viewer';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(['--max_session', '2', '--log_level', 'info']);
});
afterAll(async () => {
  expect(await server?.stop()).toBe(0);
});

/** A viewer that is being sent pictures. On a busy machine a handshake may take longer than a session waits for it. */
async function watch(triesLeft = 3): Promise<{ viewer: RtpViewer; id: number; answer: string }> {
  const { viewer, sdp } = await RtpViewer.offer();
  const answer = await postJson<{ sdp: string; sessionid: number }>(`${server.url}/offer`, { sdp, type: 'offer' });
  await viewer.accept(answer.sdp);
  for (let i = 0; i < 110 && viewer.video.packets.length === 0; i++) await sleep(100);
  if (viewer.video.packets.length > 0 || triesLeft === 0) return { viewer, id: answer.sessionid, answer: answer.sdp };
  await viewer.close();
  return watch(triesLeft - 1);
}

/** Waits until so many more packets have come, however slow the machine is. */
async function packetsMore({ video, audio }: RtpViewer, more: number): Promise<void> {
  const [videoWas, audioWas] = [video.packets.length, audio.packets.length];
  for (let i = 0; i < 300; i++) {
    if (video.packets.length >= videoWas + more && audio.packets.length >= audioWas + more) return;
    await sleep(100);
  }
  throw new Error(`only ${video.packets.length - videoWas} and ${audio.packets.length - audioWas} packets came`);
}

it('a session survives a flood of malformed STUN, DTLS, RTP and RTCP on its port', async () => {
  const { viewer, id, answer } = await watch();
  try {
    await packetsMore(viewer, 25);
    const ports = portsOf(answer);
    expect(ports.length).toBeGreaterThan(0);
    const count = Object.keys(HOSTILE).length * 150;
    expect(await flood(ports, count)).toBeGreaterThan(count / 2);

    // The same viewer, without a new offer: pictures and sound go on, and it can still be talked to.
    await packetsMore(viewer, 50);
    const spoken = await postJson(`${server.url}/human`, { sessionid: id, type: 'echo', text: 'Still here.' });
    expect(spoken).toMatchObject({ code: 0 });
    await packetsMore(viewer, 25);
    const { data } = await getJson<{ data: { sessions: { sessionid: number; peer: string }[] } }>(
      `${server.url}/api/admin/sessions`,
    );
    expect(data.sessions).toMatchObject([{ sessionid: id, peer: 'connected' }]);
    expect(server.output()).not.toMatch(/uncaught|unhandled| error /i);
  } finally {
    await viewer.close();
  }
});

it('a session that is being connected survives it too, and the server lets the next one in', async () => {
  const { viewer, sdp } = await RtpViewer.offer();
  const answer = await postJson<{ sdp: string }>(`${server.url}/offer`, { sdp, type: 'offer' });
  // Before ICE and DTLS are through: everything is still possible for who guesses the port.
  await flood(portsOf(answer.sdp), Object.keys(HOSTILE).length * 10);
  await viewer.accept(answer.sdp);
  try {
    await packetsMore(viewer, 25);
  } finally {
    await viewer.close();
  }
});
