import { request, withToken } from './http';

/** Calls about clips: a text or script in, an MP4 out. */

export interface Clip {
  id: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  /** 0 to 1. */
  progress: number;
  /** ISO 8601. */
  createdAt: string;
  title: string;
  avatar: string;
  durationMs?: number;
  bytes?: number;
  widthPx?: number;
  heightPx?: number;
  /** Why it failed, for people. */
  problem?: string;
  warnings: string[];
}

export interface ClipWish {
  text?: string;
  script?: string;
  avatar?: string;
  voice?: string;
  size?: string;
}

export const listClips = async (): Promise<Clip[]> =>
  (await request<{ data: { clips: Clip[] } }>('GET', '/api/clips')).data.clips;

export const makeClip = (wish: ClipWish) => request('POST', '/api/clips', { body: wish });

/** Stops making it, or deletes it. */
export const deleteClip = (id: string) =>
  request('DELETE', `/api/clips/${encodeURIComponent(id)}`, { keepalive: true });

export const clipUrl = (id: string): string => withToken(`/api/clips/${encodeURIComponent(id)}/file`);
export const clipSubtitlesUrl = (id: string, ending: 'vtt' | 'srt'): string =>
  withToken(`/api/clips/${encodeURIComponent(id)}/subtitles.${ending}`);

/** Directions and remarks stand in lines of their own; a text without any is said as it is. */
const DIRECTION = /^\s*(\[[a-z]+\b[^\]]*\]\s*$|#|\\[[#\\])/im;

export const wordsOrScript = (words: string): Pick<ClipWish, 'text' | 'script'> =>
  DIRECTION.test(words) ? { script: words } : { text: words };
