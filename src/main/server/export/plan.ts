import type { ExportFormat } from '../../../shared/export-formats';
import type { Box } from '../avatar/avatar';
import { cropAround } from '../clips/size';
import { HeraldError } from '../errors';
import { type Cue, toSrt } from '../recordings/subtitles';
import { canHaveAlpha, DEFAULT_CRF, type ExportOptions, isSoundOnly } from './request';

export interface ExportSource {
  path: string;
  durationMs: number;
  widthPx: number;
  heightPx: number;
  /** Where the face is, where that is known. */
  face?: Box;
  cues: readonly Cue[];
  /** A WebM with alpha. */
  transparent?: boolean;
}

/** What ffmpeg is to do, without a name of any file. */
export interface ExportPlan {
  inputOptions: string[];
  outputOptions: string[];
  /** One filter graph; its last pad is `out`. Undefined where pictures go through as they are, or nowhere. */
  filter?: string;
  /** Of ffmpeg's muxer. */
  muxer: string;
  durationMs: number;
  /** To be put where ffmpeg works, as SUBTITLES_FILE. */
  subtitles?: string;
}

/** A name without anything that a filter graph would want escaped. */
export const SUBTITLES_FILE = 'captions.srt';

const GIF_SHORTER_SIDE_PX = 480;
/** Half the rate: GIF counts time in hundredths of a second, so 8 of them a picture is exact. */
const GIF_PICTURES_PER_SECOND = 12.5;
const MUXERS: Record<ExportFormat, string> = {
  mp4: 'mp4',
  webm: 'webm',
  mov: 'mov',
  gif: 'gif',
  m4a: 'ipod',
  mp3: 'mp3',
  wav: 'wav',
};
/** FFmpeg's own VP9 decoder leaves alpha out. */
const WITH_ALPHA_READ = ['-c:v', 'libvpx-vp9'];
const SUBTITLE_STYLE = 'FontName=Sans,FontSize=18,Outline=2,Shadow=0,MarginV=24';

/** @throws HeraldError('malformed' | 'refused') for wishes that cannot be had, saying why */
export function planExport(options: ExportOptions, source: ExportSource): ExportPlan {
  const { format, subtitles, transparent } = options;
  if (transparent) checkAlpha(format, source);
  const { startMs, endMs } = range(options, source.durationMs);
  const sound = isSoundOnly(format);
  if (sound && (options.crop || options.shorterSidePx !== undefined || subtitles)) {
    throw new HeraldError('malformed', `${format} has no picture: leave out crop, shorterSidePx and subtitles`);
  }
  const cues = subtitles ? shifted(source.cues, startMs, endMs) : [];
  if (subtitles && source.cues.length === 0) {
    throw new HeraldError('refused', 'nothing is said in it that could be burnt in: leave out subtitles');
  }
  const filter = sound ? undefined : filterOf(options, source, cues.length > 0);
  return {
    // Before the input: what comes earlier is skipped and not decoded. Exact all the same, as everything is encoded anew.
    inputOptions: [...(startMs > 0 ? ['-ss', seconds(startMs)] : []), ...(source.transparent ? WITH_ALPHA_READ : [])],
    outputOptions: [
      ...(filter ? ['-map', '[out]'] : sound ? [] : ['-map', '0:v:0']),
      ...(format === 'gif' ? [] : ['-map', sound ? '0:a:0' : '0:a:0?']),
      ...codecs(format, options.crf, transparent),
      ...['-t', seconds(endMs - startMs)],
      // Nothing of the machine or of what was said to make it.
      ...['-map_metadata', '-1', '-fflags', '+bitexact'],
    ],
    muxer: MUXERS[format],
    durationMs: endMs - startMs,
    ...(filter && { filter }),
    ...(cues.length > 0 && { subtitles: toSrt(cues) }),
  };
}

/** @throws HeraldError that says what to ask for instead */
function checkAlpha(format: ExportFormat, { transparent }: ExportSource): void {
  if (!transparent) {
    throw new HeraldError(
      'refused',
      'transparent: it was made with its background. Make a clip with background "transparent" and export that',
    );
  }
  if (!canHaveAlpha(format)) {
    throw new HeraldError('malformed', `transparent: ${format} has no alpha; say webm, mov or gif, or leave it out`);
  }
}

function range({ startS = 0, endS }: ExportOptions, durationMs: number): { startMs: number; endMs: number } {
  const startMs = Math.round(startS * 1_000);
  const endMs = endS === undefined ? durationMs : Math.min(durationMs, Math.round(endS * 1_000));
  if (startMs >= durationMs) {
    throw new HeraldError('malformed', `startS: it is only ${seconds(durationMs)} s long`);
  }
  if (endMs <= startMs) throw new HeraldError('malformed', 'endS: must be later than startS');
  return { startMs, endMs };
}

function codecs(format: ExportFormat, crf: number | undefined, transparent: boolean): string[] {
  switch (format) {
    case 'mp4':
      return [
        ...['-c:v', 'libx264', '-preset', 'medium', '-crf', String(crf ?? DEFAULT_CRF.mp4), '-pix_fmt', 'yuv420p'],
        ...['-r', '25', '-c:a', 'aac', '-b:a', '128k', '-movflags', '+faststart'],
      ];
    case 'webm':
      return [
        ...['-c:v', 'libvpx-vp9', '-crf', String(crf ?? DEFAULT_CRF.webm), '-b:v', '0'],
        // Alternate references would be hidden pictures that colours and alpha do not have at the same places.
        ...(transparent ? ['-pix_fmt', 'yuva420p', '-auto-alt-ref', '0'] : ['-pix_fmt', 'yuv420p']),
        ...['-deadline', 'good', '-cpu-used', '4', '-row-mt', '1', '-r', '25', '-c:a', 'libopus', '-b:a', '96k'],
      ];
    case 'mov':
      // ProRes 4444 is what video editors read alpha from; without alpha, 422 HQ is what they edit best.
      return [
        ...['-c:v', 'prores_ks', '-profile:v', transparent ? '4444' : 'hq', '-vendor', 'apl0'],
        ...['-pix_fmt', transparent ? 'yuva444p10le' : 'yuv422p10le', ...(transparent ? ['-alpha_bits', '16'] : [])],
        ...['-r', '25', '-c:a', 'pcm_s16le', '-movflags', '+faststart'],
      ];
    case 'gif':
      return ['-an', '-loop', '0'];
    case 'm4a':
      return ['-vn', '-c:a', 'aac', '-b:a', '128k', '-movflags', '+faststart'];
    case 'mp3':
      return ['-vn', '-c:a', 'libmp3lame', '-q:a', '2'];
    case 'wav':
      return ['-vn', '-c:a', 'pcm_s16le'];
  }
}

/** Cut, scale, subtitles, in this order: text is drawn in the size that it is read in. */
function filterOf(options: ExportOptions, source: ExportSource, captions: boolean): string | undefined {
  const { format, crop } = options;
  const steps: string[] = [];
  const keepsAlpha = options.transparent;
  let { widthPx, heightPx } = source;
  if (crop) {
    const middle = { xPx: widthPx / 2, yPx: heightPx / 2, widthPx: 0, heightPx: 0 };
    const box = cropAround({ widthPx, heightPx }, source.face ?? middle, crop === 'square' ? 1 : 9 / 16);
    ({ widthPx, heightPx } = box);
    steps.push(`crop=${box.widthPx}:${box.heightPx}:${box.xPx}:${box.yPx}`);
  }
  const shorterPx = Math.min(widthPx, heightPx);
  const wantedPx = options.shorterSidePx ?? (format === 'gif' ? Math.min(GIF_SHORTER_SIDE_PX, shorterPx) : shorterPx);
  if (format === 'gif') steps.push(`fps=${GIF_PICTURES_PER_SECOND}`);
  if (wantedPx !== shorterPx) {
    const even = (side: number) => Math.max(2, Math.round((side * wantedPx) / shorterPx / 2) * 2);
    steps.push(`scale=${even(widthPx)}:${even(heightPx)}:flags=lanczos`);
  }
  if (captions)
    steps.push(`subtitles=${SUBTITLES_FILE}${keepsAlpha ? ':alpha=1' : ''}:force_style='${SUBTITLE_STYLE}'`);
  const onWhite =
    source.transparent && !keepsAlpha
      ? `color=white:s=${source.widthPx}x${source.heightPx}:r=25[white];[white][0:v]overlay=shortest=1`
      : undefined;
  const from = onWhite ? `${onWhite}[flat];[flat]` : '[0:v]';
  if (format === 'gif') {
    // The palette is made for what moves, the face: the background keeps its dither still.
    const drawn = `${from}${steps.join(',')},split[a][b]`;
    return `${drawn};[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer:bayer_scale=3:diff_mode=rectangle[out]`;
  }
  if (steps.length === 0) return onWhite ? `${onWhite}[out]` : undefined;
  return `${from}${steps.join(',')}[out]`;
}

/** In the time of the part that is exported. */
function shifted(cues: readonly Cue[], fromMs: number, toMs: number): Cue[] {
  return cues
    .filter(({ startMs, endMs }) => endMs > fromMs && startMs < toMs)
    .map((cue) => ({
      ...cue,
      startMs: Math.max(0, cue.startMs - fromMs),
      endMs: Math.min(toMs, cue.endMs) - fromMs,
    }));
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);
