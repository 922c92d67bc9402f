import type { avatarsReply, sessionReply } from '../../shared/protocol';
import type { Avatars, SessionInfo } from '../store/state';
import { request, withToken } from './http';

/** Calls about the session and who can appear in it. */

export async function sessionInfo(sessionId: number): Promise<SessionInfo> {
  const { data } = await request<(typeof sessionReply)['_output']>('GET', `/api/sessions/${sessionId}`);
  return { avatar: data.avatar, performances: data.performances };
}

export const listAvatars = async (): Promise<Avatars> =>
  (await request<(typeof avatarsReply)['_output']>('GET', '/api/avatars')).data;

export const portraitUrl = (avatar: string): string =>
  withToken(`/api/avatars/${encodeURIComponent(avatar)}/thumbnail`);

export const deleteAvatar = (avatar: string) => request('DELETE', `/api/avatars/${encodeURIComponent(avatar)}`);

/** The first picture of what this avatar can put on. */
export const performanceThumbnailUrl = (avatar: string, audiotype: number): string =>
  withToken(`/api/performances/${audiotype}/thumbnail?avatar=${encodeURIComponent(avatar)}`);

/** Resolves with the first recorded picture, or once the file is playable. */
export const record = (sessionid: number, type: 'start_record' | 'end_record') =>
  request('POST', '/record', { body: { sessionid, type } });
