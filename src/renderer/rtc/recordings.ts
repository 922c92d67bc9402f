import type { RecordingSummary, recordingsReply } from '../../shared/protocol';
import { request, withToken } from './http';

/** Calls about what has been recorded. */

export const PAGE_SIZE = 30;

export interface RecordingsPage {
  recordings: RecordingSummary[];
  total: number;
}

export async function listRecordings(offset: number, limit: number = PAGE_SIZE): Promise<RecordingsPage> {
  const path = `/api/recordings?offset=${offset}&limit=${limit}`;
  const { data } = await request<(typeof recordingsReply)['_output']>('GET', path);
  return data;
}

const path = (id: string): string => `/api/recordings/${encodeURIComponent(id)}`;

export const renameRecording = (id: string, title: string) => request('PATCH', path(id), { body: { title } });

/** Outlives the page: who closes it after pressing Delete means it. */
export const deleteRecording = (id: string) => request('DELETE', path(id), { keepalive: true });

export const mediaUrl = (id: string): string => withToken(`${path(id)}/file`);
export const thumbnailUrl = (id: string): string => withToken(`${path(id)}/thumbnail`);
export const subtitlesUrl = (id: string, ending: 'vtt' | 'srt'): string => withToken(`${path(id)}/subtitles.${ending}`);
