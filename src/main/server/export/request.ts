import { z } from 'zod';
import { EXPORT_FORMATS, type ExportFormat } from '../../../shared/export-formats';

const SOUND_ONLY: readonly ExportFormat[] = ['m4a', 'mp3', 'wav'];
export const isSoundOnly = (format: ExportFormat): boolean => SOUND_ONLY.includes(format);

const WITH_ALPHA: readonly ExportFormat[] = ['webm', 'mov', 'gif'];
export const canHaveAlpha = (format: ExportFormat): boolean => WITH_ALPHA.includes(format);

export const contentTypeOf: Record<ExportFormat, string> = {
  mp4: 'video/mp4',
  webm: 'video/webm',
  mov: 'video/quicktime',
  gif: 'image/gif',
  m4a: 'audio/mp4',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
};

/** x264 and libvpx-vp9 count quality on different scales; below these nobody sees a difference. */
export const DEFAULT_CRF = { mp4: 20, webm: 32 } as const;
const MAX_S = 7 * 24 * 3_600;

/** How a recording or a clip is to be exported. */
export const exportOptions = z.object({
  format: z.enum(EXPORT_FORMATS),
  crop: z.enum(['square', 'portrait']).optional().describe('Around the face: 1:1 or 9:16'),
  startS: z.number().min(0).max(MAX_S).optional().describe('Seconds from its beginning'),
  endS: z.number().min(0).max(MAX_S).optional(),
  shorterSidePx: z.int().min(64).max(2_160).optional().describe('Scaled to this; as it is unless given (a GIF: 480)'),
  subtitles: z.boolean().default(false).describe('Burn in what is said'),
  crf: z.int().min(0).max(51).optional().describe('Quality, less is better: mp4 20, webm 32'),
  transparent: z
    .boolean()
    .default(false)
    .describe(
      'Keep the alpha of a clip made with `background: transparent`: webm, mov, gif; white stands behind it otherwise',
    ),
});
export type ExportOptions = z.infer<typeof exportOptions>;
