/** What a recording or a clip can be exported as. Apart from protocol.ts, so that the page need not load zod for it. */
export const EXPORT_FORMATS = ['mp4', 'webm', 'mov', 'gif', 'm4a', 'mp3', 'wav'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
