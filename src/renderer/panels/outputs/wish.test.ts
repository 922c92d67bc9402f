import { describe, expect, it } from 'vitest';
import { emptyWish, outputOf } from './wish';

describe('what is asked of the server', () => {
  it.each([
    ['rtmp://live.example.org/app', 'key-1', 'rtmp://live.example.org/app/key-1'],
    [' rtmps://live.example.org/app/ ', ' key-1 ', 'rtmps://live.example.org/app/key-1'],
    ['rtmp://live.example.org/app/key-1', '', 'rtmp://live.example.org/app/key-1'],
    ['rtmp://live.example.org/app', 'key?auth=a/b', 'rtmp://live.example.org/app/key?auth=a/b'],
  ])('RTMP: %s and %s are %s', (rtmpServer, rtmpKey, url) => {
    expect(outputOf({ ...emptyWish, rtmpServer, rtmpKey })).toEqual({ output: { kind: 'rtmp', url } });
  });

  it('leaves a token out that was not typed', () => {
    const whip = { ...emptyWish, kind: 'whip' as const, whipAddress: 'https://media.example.org/whip' };
    expect(outputOf(whip)).toEqual({ output: { kind: 'whip', url: 'https://media.example.org/whip' } });
    expect(outputOf({ ...whip, whipToken: ' t ' })).toMatchObject({ output: { token: 't' } });
  });

  it('takes the first free camera unless one is named', () => {
    const camera = { ...emptyWish, kind: 'camera' as const };
    expect(outputOf(camera)).toEqual({ output: { kind: 'camera' } });
    expect(outputOf({ ...camera, device: '/dev/video10' })).toEqual({
      output: { kind: 'camera', device: '/dev/video10' },
    });
  });

  it.each([
    [{ rtmpServer: 'live.example.org' }, 'outputs.needRtmp'],
    [{ rtmpServer: 'rtmp://' }, 'outputs.needRtmp'],
    [{ kind: 'whip', whipAddress: 'rtmp://live.example.org' }, 'outputs.needHttp'],
    [{ kind: 'camera', device: '/dev/sda' }, 'outputs.needDevice'],
  ] as const)('%j lacks something: %s', (some, problem) => {
    expect(outputOf({ ...emptyWish, ...some })).toEqual({ problem });
  });
});
