import type { ClipView } from '../../shared/protocol';
import { jobInOwnWords } from '../i18n/told';
import { request, withToken } from './http';

/** Calls about clips: a text or script in, an MP4 (or a WebM with alpha) out. */

export type Clip = ClipView;

export interface ClipWish {
  text?: string;
  script?: string;
  avatar?: string;
  voice?: string;
  size?: string;
  background?: string;
}

export const listClips = async (): Promise<Clip[]> =>
  (await request<{ data: { clips: Clip[] } }>('GET', '/api/clips')).data.clips.map(jobInOwnWords);

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
