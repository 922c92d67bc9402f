import { connection } from '../rtc/connection';
import { ApiError, human, interruptTalk, setAudiotype } from '../rtc/http';
import { uploadAudio } from '../rtc/upload';
import { addLine, dropLine, interruptLines, lineAccepted, lineFailed } from './lines';
import { type Manner, usePreferences } from './preferences';
import { modeWanted } from './stagecraft';
import { apply, nextId, useStudio } from './studio';
import { toastError, toastInfo } from './toasts';
import { speechWish } from './voices';

/** What people can do. Each says so when it fails, and returns whether it worked. */

const sessionId = (): number | null => useStudio.getState().connection.sessionId;

const notConnected = new ApiError(409, '');

/** Lets the presenter say the text, or answer it. A refusal shows on the line itself. */
export async function tell(manner: Manner, text: string): Promise<boolean> {
  const id = sessionId();
  if (id === null) {
    toastError('error.say', notConnected, 'error.notConnected');
    return false;
  }
  const { voice, speed } = usePreferences.getState();
  const line = nextId();
  apply(addLine, { id: line, kind: manner, text }, performance.now());
  try {
    const { turn } = await human(id, manner, text, speechWish(useStudio.getState().voices, voice, speed));
    apply(lineAccepted, line, turn);
    return true;
  } catch (error) {
    apply(lineFailed, line, reasonOf(error));
    return false;
  }
}

/** In the server's words; without any, the line says only that it failed, and a message above the page says why. */
function reasonOf(error: unknown): string {
  if (error instanceof ApiError && error.message) return error.message;
  toastError('error.say', error);
  return '';
}

const interruptListeners = new Set<() => void>();

/** Calls back when the presenter is told to be silent, by whatever button or key: what goes on by itself must end then. */
export function onInterrupt(listener: () => void): () => void {
  interruptListeners.add(listener);
  return () => interruptListeners.delete(listener);
}

export async function interrupt(): Promise<boolean> {
  for (const listener of interruptListeners) listener();
  const id = sessionId();
  if (id === null) return false;
  const asked = useStudio.getState().lines.map((line) => line.id);
  try {
    await interruptTalk(id);
    apply(interruptLines, asked);
    return true;
  } catch (error) {
    toastError('error.interrupt', error);
    return false;
  }
}

/** Live (0), still (1) or a performance (from 2 on). */
export async function setMode(audiotype: number): Promise<boolean> {
  const id = sessionId();
  if (id === null) return false;
  const { audiotype: before, act } = useStudio.getState();
  // Shown at once: the press must feel answered. Undone if the server says no.
  apply(modeWanted, audiotype);
  try {
    await setAudiotype(id, audiotype);
    return true;
  } catch (error) {
    useStudio.setState({ audiotype: before, act });
    toastError(audiotype > 1 ? 'error.perform' : 'error.mode', error);
    return false;
  }
}

let uploading: AbortController | null = null;

/** The presenter speaks a file: one at a time is sent, the server queues what it has. */
export async function playFile(files: readonly File[]): Promise<boolean> {
  const file = files[0];
  if (!file) return false;
  if (files.length > 1 || uploading) toastInfo('error.oneFile');
  if (uploading) return false;
  const { error, done } = speakFile(file);
  const failure = error ?? (await done);
  if (failure === null) return true;
  if ((failure as Error).name === 'AbortError') return false;
  if (failure === notConnected) toastError('error.audio', notConnected, 'error.notConnected');
  else {
    const silent = failure instanceof ApiError && failure.status === 200 && !failure.message;
    toastError('error.audio', failure, silent ? 'error.audioUnknown' : undefined);
  }
  return false;
}

export interface FileSpeech {
  /** The conversation's line of it; null where it is not even tried. */
  line: number | null;
  error: Error | null;
  /** Null once the server has taken the file, else why not; an `AbortError` where it was called off. */
  done: Promise<Error | null>;
}

/** As `playFile`; whoever calls says what went wrong. */
export function speakFile(file: File): FileSpeech {
  const id = sessionId();
  if (id === null || uploading) return { line: null, error: notConnected, done: Promise.resolve(notConnected) };
  const line = nextId();
  apply(addLine, { id: line, kind: 'audio', text: file.name }, performance.now());
  return { line, error: null, done: sendFile(id, line, file) };
}

async function sendFile(id: number, line: number, file: File): Promise<Error | null> {
  const controller = (uploading = new AbortController());
  const progress = (fraction: number | null) =>
    useStudio.setState({ upload: { name: file.name, progress: fraction === 1 ? null : fraction } });
  progress(0);
  try {
    await uploadAudio(id, file, { onProgress: progress, signal: controller.signal });
    apply(lineAccepted, line);
    return null;
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    if (controller.signal.aborted) apply(dropLine, line);
    else apply(lineFailed, line, failure.message);
    return controller.signal.aborted ? new DOMException('called off', 'AbortError') : failure;
  } finally {
    uploading = null;
    useStudio.setState({ upload: null });
  }
}

export const cancelUpload = (): void => uploading?.abort();

/** Somebody else appears: that takes a new session. */
export function choosePresenter(avatar: string | null): void {
  usePreferences.setState({ avatar });
  connection.reconnect();
}

export const connect = (): void => connection.connect();
export const disconnect = (): void => connection.disconnect();
export const retryNow = (): void => connection.retryNow();
