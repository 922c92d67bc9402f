import type { Clip } from './clips';
import { request, withToken } from './http';

/** Calls about exports: recordings and clips in other formats and shapes. */

export const EXPORT_FORMATS = ['mp4', 'webm', 'gif', 'm4a', 'mp3', 'wav'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** One of the two. */
export interface ExportSource {
  recording?: string;
  clip?: string;
}

export interface ExportWish {
  format: ExportFormat;
  crop?: 'square' | 'portrait';
  /** Burns in what is said. */
  subtitles?: boolean;
}

export interface Export extends Pick<Clip, 'id' | 'state' | 'progress' | 'problem' | 'warnings' | 'bytes'> {
  format: ExportFormat;
  title: string;
}

/** @returns its id */
export const addExport = async (source: ExportSource, wish: ExportWish): Promise<string> =>
  (await request<{ data: { id: string } }>('POST', '/api/exports', { body: { ...source, ...wish } })).data.id;

export const listExports = async (): Promise<Export[]> =>
  (await request<{ data: { exports: Export[] } }>('GET', '/api/exports')).data.exports;

/** Stops making it, or deletes the file. */
export const deleteExport = (id: string) => request('DELETE', `/api/exports/${encodeURIComponent(id)}`);

export const exportUrl = (id: string): string => withToken(`/api/exports/${encodeURIComponent(id)}/file`);

/** Only what the format can have: sound has no shape, and no words to see. */
export function fittingWish(format: ExportFormat, crop: ExportWish['crop'], subtitles: boolean): ExportWish {
  if (format === 'm4a' || format === 'mp3' || format === 'wav') return { format };
  return { format, ...(crop && { crop }), ...(subtitles && { subtitles }) };
}
