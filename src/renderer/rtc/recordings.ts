import type { RecordingSummary, recordingsReply } from '../../shared/protocol';
import type { RecordingSort } from '../../shared/recording-sorts';
import { request, withToken } from './http';

/** Calls about what has been recorded. */

export const PAGE_SIZE = 30;

export interface RecordingsPage {
  recordings: RecordingSummary[];
  total: number;
}

export interface RecordingsQuery {
  /** Words of the title, the presenter or of what was said; '' for all. */
  query: string;
  sort: RecordingSort;
}

export async function listRecordings(
  { query, sort }: RecordingsQuery,
  offset: number,
  limit: number = PAGE_SIZE,
): Promise<RecordingsPage> {
  const wanted = new URLSearchParams({ offset: String(offset), limit: String(limit), sort, q: query });
  const { data } = await request<(typeof recordingsReply)['_output']>('GET', `/api/recordings?${wanted}`);
  return data;
}

const path = (id: string): string => `/api/recordings/${encodeURIComponent(id)}`;

export const renameRecording = (id: string, title: string) => request('PATCH', path(id), { body: { title } });

/** Outlives the page: who closes it after pressing Delete means it. */
export const deleteRecording = (id: string) => request('DELETE', path(id), { keepalive: true });

export const mediaUrl = (id: string): string => withToken(`${path(id)}/file`);
export const thumbnailUrl = (id: string): string => withToken(`${path(id)}/thumbnail`);
export const subtitlesUrl = (id: string, ending: 'vtt' | 'srt'): string => withToken(`${path(id)}/subtitles.${ending}`);
