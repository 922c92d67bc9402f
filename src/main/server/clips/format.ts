/** What a clip is written as: an MP4 of H.264 and AAC, or, where it has alpha, a WebM of VP9 and Opus. */
export type ClipFormat = 'mp4' | 'webm';

export const clipFormatOf = (transparent: boolean): ClipFormat => (transparent ? 'webm' : 'mp4');
