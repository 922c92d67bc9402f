import type { ExportFormat } from '../../shared/export-formats';
import type { ExportView } from '../../shared/protocol';
import { jobInOwnWords } from '../i18n/told';
import { request, withToken } from './http';

/** Calls about exports: recordings and clips in other formats and shapes. */

export { EXPORT_FORMATS, type ExportFormat } from '../../shared/export-formats';

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
  /** Keeps the alpha of a transparent clip. */
  transparent?: boolean;
  /** Seconds from its beginning. */
  startS?: number;
  endS?: number;
}

export type Export = ExportView;

/** @returns its id */
export const addExport = async (source: ExportSource, wish: ExportWish): Promise<string> =>
  (await request<{ data: { id: string } }>('POST', '/api/exports', { body: { ...source, ...wish } })).data.id;

export const listExports = async (): Promise<Export[]> =>
  (await request<{ data: { exports: Export[] } }>('GET', '/api/exports')).data.exports.map(jobInOwnWords);

/** Stops making it, or deletes the file. */
export const deleteExport = (id: string) => request('DELETE', `/api/exports/${encodeURIComponent(id)}`);

export const exportUrl = (id: string): string => withToken(`/api/exports/${encodeURIComponent(id)}/file`);

const SOUND_ONLY: readonly ExportFormat[] = ['m4a', 'mp3', 'wav'];
export const isSoundOnly = (format: ExportFormat): boolean => SOUND_ONLY.includes(format);

/** What can keep the alpha of a transparent clip. */
const WITH_ALPHA: readonly ExportFormat[] = ['webm', 'mov', 'gif'];
export const hasAlpha = (format: ExportFormat): boolean => WITH_ALPHA.includes(format);

/** Only what the format can have: sound has no shape, and no words to see. */
export function fittingWish(format: ExportFormat, crop: ExportWish['crop'], subtitles: boolean): ExportWish {
  if (isSoundOnly(format)) return { format };
  return { format, ...(crop && { crop }), ...(subtitles && { subtitles }) };
}
