import type { NewOutput } from '../../rtc/outputs';

export const KINDS = ['rtmp', 'whip', 'camera'] as const;
export type Kind = (typeof KINDS)[number];

/** What has been typed; fields of the other kinds stay as they were. */
export interface Wish {
  kind: Kind;
  rtmpServer: string;
  rtmpKey: string;
  whipAddress: string;
  whipToken: string;
  device: string;
}

export const emptyWish: Wish = {
  kind: 'rtmp',
  rtmpServer: '',
  rtmpKey: '',
  whipAddress: '',
  whipToken: '',
  device: '',
};

export type Problem = 'outputs.needRtmp' | 'outputs.needHttp' | 'outputs.needDevice';

/** What the server is asked for, or what the first field lacks. */
export function outputOf(wish: Wish): { output: NewOutput } | { problem: Problem } {
  switch (wish.kind) {
    case 'rtmp': {
      const server = wish.rtmpServer.trim();
      const key = wish.rtmpKey.trim();
      if (!/^rtmps?:\/\/./i.test(server)) return { problem: 'outputs.needRtmp' };
      // Services show the two apart; an address that holds the key already is taken as it is.
      return { output: { kind: 'rtmp', url: key ? `${server.replace(/\/+$/, '')}/${key}` : server } };
    }
    case 'whip': {
      const url = wish.whipAddress.trim();
      const token = wish.whipToken.trim();
      if (!/^https?:\/\/./i.test(url)) return { problem: 'outputs.needHttp' };
      return { output: { kind: 'whip', url, ...(token && { token }) } };
    }
    case 'camera': {
      const device = wish.device.trim();
      if (device !== '' && !/^\/dev\/video\d{1,3}$/.test(device)) return { problem: 'outputs.needDevice' };
      return { output: { kind: 'camera', ...(device && { device }) } };
    }
  }
}
