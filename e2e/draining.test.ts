import { afterAll, beforeAll, expect, it } from 'vitest';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';
import { RtpViewer } from '../testing/viewer';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(['--max_session', '2', '--drain_s', '120']);
});
afterAll(async () => {
  await server?.stop('SIGKILL');
});

it('SIGTERM with --drain_s refuses new sessions, lets those that live finish, and ends with the last', async () => {
  const { viewer, sdp } = await RtpViewer.offer();
  try {
    const { sessionid } = await postJson<{ sessionid: number }>(`${server.url}/offer`, { sdp, type: 'offer' });
    process.kill(server.pid, 'SIGTERM');
    const healthIs = async (status: string) => {
      const { data } = await getJson<{ data: { status: string } }>(`${server.url}/api/health`);
      return data.status === status;
    };
    while (!(await healthIs('draining'))) await new Promise((resolve) => setTimeout(resolve, 50));

    const refused = await fetch(`${server.url}/offer`, {
      method: 'POST',
      body: JSON.stringify({ sdp, type: 'offer' }),
    });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await refused.json()).toMatchObject({ code: -1, msg: expect.stringContaining('takes no new sessions') });

    const spoken = await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: 'Good night.' });
    expect(spoken).toMatchObject({ code: 0 });
    await fetch(`${server.url}/api/sessions/${sessionid}`, { method: 'DELETE' });
    expect(await server.exited).toBe(0);
  } finally {
    await viewer.close();
  }
});
