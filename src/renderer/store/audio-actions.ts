import { ApiError } from '../rtc/http';
import { interrupt, speakFile } from './actions';
import { type OpenFile, useAudio } from './audio';
import { type Capture, CaptureError, startCapture } from './audio-capture';
import { cut, draw } from './audio-decode';
import { dropRecent, keepRecent, listRecents, readRecent } from './audio-recents';
import { fitPart, isWhole, type Part, wholeOf } from './audio-trim';

const set = useAudio.setState;
const get = useAudio.getState;

export const AUDIO_TYPES = 'audio/*,.wav,.mp3,.m4a,.ogg,.opus,.flac,.webm,.aac,.mp4';
const ENDING = /\.(wav|mp3|m4a|ogg|oga|opus|flac|webm|aac|mp4|wma|aiff?|amr|3gp)$/i;
/** What may be sound. The server looks into the file itself; this keeps only what surely is none from being tried. */
export const isAudioFile = (file: File): boolean => /^(audio|video)\//.test(file.type) || ENDING.test(file.name);

let lastId = 0;

/** Opens a recording: to be seen, listened to, trimmed and played. */
export async function openFile(file: File): Promise<void> {
  if (file.size === 0) return set({ openProblem: { kind: 'empty', name: file.name } });
  if (!isAudioFile(file)) return set({ openProblem: { kind: 'notAudio', name: file.name } });
  const id = ++lastId;
  set({ opening: file.name, openProblem: null, playProblem: null, captureProblem: null });
  const url = URL.createObjectURL(file);
  const drawn = await draw(file, url);
  // Another one was picked while this one was looked through.
  if (id !== lastId) {
    URL.revokeObjectURL(url);
    return;
  }
  closeFile();
  const part = drawn.peaks && drawn.durationMs !== null ? wholeOf(drawn.durationMs) : null;
  set({ opening: null, file: { id, name: file.name, blob: file, url, ...drawn, part } });
  set({ recents: await keepRecent(file.name, file, drawn.durationMs) });
}

export function closeFile(): void {
  const { file } = get();
  if (file) URL.revokeObjectURL(file.url);
  set({ file: null, playProblem: null, played: null });
}

export async function learnRecents(): Promise<void> {
  if (get().recents === null) set({ recents: await listRecents() });
}

export async function openRecent(id: string): Promise<void> {
  const name = get().recents?.find((file) => file.id === id)?.name ?? '';
  const blob = await readRecent(id);
  if (blob) await openFile(new File([blob], name, { type: blob.type }));
  else set({ openProblem: { kind: 'gone', name }, recents: await dropRecent(id) });
}

export async function forgetRecent(id: string): Promise<void> {
  set({ recents: await dropRecent(id) });
}

export function setPart(part: Part): void {
  const { file } = get();
  if (file?.durationMs == null) return;
  set({ file: { ...file, part: fitPart(part, file.durationMs) } });
}

/** The presenter speaks the chosen part; a recording that was not trimmed travels as it is. */
export async function playPart(): Promise<void> {
  const { file, cutting } = get();
  if (!file || cutting) return;
  set({ playProblem: null, played: null });
  const made = await partOf(file);
  if (!made || get().file?.id !== file.id) return;
  const { line, error, done } = speakFile(made.file);
  if (line !== null) set({ played: { line, durationMs: made.durationMs } });
  const failure = error ?? (await done);
  if (failure === null || (failure as Error).name === 'AbortError') return;
  const status = failure instanceof ApiError ? failure.status : -1;
  const kind = status === 413 ? 'tooLarge' : status === 0 || status === 409 ? 'offline' : 'refused';
  set({ playProblem: { kind, detail: (failure as Error).message } });
}

async function partOf(file: OpenFile): Promise<{ file: File; durationMs: number | null } | null> {
  const { blob, name, part, durationMs } = file;
  if (!part || durationMs === null || isWhole(part, durationMs)) {
    return { file: new File([blob], name, { type: blob.type }), durationMs };
  }
  set({ cutting: true });
  try {
    const piece = await cut(blob, part);
    const seconds = (ms: number) => (ms / 1_000).toFixed(1);
    const called = `${name.replace(/\.\w+$/, '')} ${seconds(part.fromMs)}-${seconds(part.toMs)} s.wav`;
    return { file: new File([piece.wav], called, { type: 'audio/wav' }), durationMs: piece.durationMs };
  } catch {
    set({ playProblem: { kind: 'cutFailed', detail: '' } });
    return null;
  } finally {
    set({ cutting: false });
  }
}

export const stopPlaying = (): Promise<boolean> => interrupt();

/** Ten minutes; longer ones are made with a recorder. */
export const MAX_CAPTURE_MS = 10 * 60_000;
/** Quieter than this all along: the wrong device, or one that is switched off. */
const SILENT = 0.001;

let capture: Capture | null = null;
let limit: ReturnType<typeof setTimeout> | undefined;

export async function startRecording(): Promise<void> {
  if (get().capture !== 'off') return;
  set({ capture: 'asking', captureProblem: null });
  try {
    const begun = await startCapture(() => void endRecording());
    // Given up while the browser asked.
    if (get().capture !== 'asking') return begun.cancel();
    capture = begun;
    limit = setTimeout(() => void endRecording(), MAX_CAPTURE_MS);
    set({ capture: 'on', captureStartedAtMs: performance.now() });
  } catch (error) {
    set({ capture: 'off', captureProblem: error instanceof CaptureError ? error.problem : 'failed' });
  }
}

/** What was said becomes a file like any other: a WAV, as that can be trimmed and found again to the sample. */
export async function endRecording(): Promise<void> {
  const ending = capture;
  if (!ending) return;
  capture = null;
  clearTimeout(limit);
  set({ capture: 'ending' });
  try {
    const { wav, peak } = await cut(await ending.end());
    set({ capture: 'off', captureStartedAtMs: null });
    if (peak < SILENT) set({ captureProblem: 'silent' });
    else await openFile(new File([wav], `${nameOfNow()}.wav`, { type: 'audio/wav' }));
  } catch {
    set({ capture: 'off', captureStartedAtMs: null, captureProblem: 'failed' });
  }
}

export function cancelRecording(): void {
  clearTimeout(limit);
  capture?.cancel();
  capture = null;
  set({ capture: 'off', captureStartedAtMs: null });
}

export const captureLevel = (): number => capture?.level() ?? 0;

function nameOfNow(): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `mic ${day} ${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}`;
}
