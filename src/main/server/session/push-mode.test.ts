import { describe, expect, it } from 'vitest';
import { FakeSessions } from '../http/fake-sessions';
import { createLogger } from '../log';
import { pushUrlOf, startPushing } from './push-mode';

const URL = 'rtmp://host/live/key';

async function push(settings: Partial<Parameters<typeof startPushing>[0]>, failing: number[] = []) {
  const sessions = new FakeSessions();
  let logged = '';
  const sink = { write: (text: string) => void (logged += text) };
  const launch = async (id: number) => {
    if (failing.includes(id)) throw new Error('no encoder');
    return sessions.add(id);
  };
  const log = createLogger('info', { out: sink, err: sink });
  await startPushing({ transport: 'rtmp', push_url: URL, max_session: 3, ...settings }, launch, log);
  const urls = [...sessions.sessions.values()].map(({ id, outputs }) => [id, ...outputs.list().map(({ url }) => url)]);
  return { urls, logged };
}

describe('the push modes', () => {
  it('send sessions 0, 1, 2, ... to the address, and to the same with their number behind it', async () => {
    expect((await push({})).urls).toEqual([
      [0, URL],
      [1, `${URL}1`],
      [2, `${URL}2`],
    ]);
    expect(pushUrlOf('http://srs/whip/?app=live&stream=a', 12)).toBe('http://srs/whip/?app=live&stream=a12');
  });

  it('start nothing in webrtc', async () => {
    expect((await push({ transport: 'webrtc' })).urls).toEqual([]);
  });

  it('go on with the next session when one cannot be sent, and say so without its key', async () => {
    const { urls, logged } = await push({}, [1]);
    expect(urls.map(([id]) => id)).toEqual([0, 2]);
    expect(logged).toContain('session 1 is not sent anywhere: no encoder');
    expect(logged).not.toContain('key');
  });

  it('keep the server running where the kind of output is not there', async () => {
    const { urls, logged } = await push({ transport: 'rtcpush', push_url: undefined, max_session: 1 });
    expect(urls).toEqual([[0]]);
    expect(logged).toContain('whip is not available');
  });
});
