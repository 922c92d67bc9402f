import { connection } from '../rtc/connection';
import { ApiError, interruptTalk, say, setAudiotype } from '../rtc/http';
import { uploadAudio } from '../rtc/upload';
import { abandonLines, addLine, dropLine, lineAccepted, lineFailed } from './reducers';
import { apply, nextId, useStudio } from './studio';
import { toastError, toastInfo } from './toasts';

/** What people can do. Each says so when it fails, and returns whether it worked. */

const sessionId = (): number | null => useStudio.getState().connection.sessionId;

const notConnected = new ApiError(409, '');

export async function sayText(text: string): Promise<boolean> {
  const id = sessionId();
  if (id === null) {
    toastError('error.say', notConnected, 'error.notConnected');
    return false;
  }
  const line = nextId();
  apply(addLine, { id: line, kind: 'text', text }, performance.now());
  try {
    await say(id, text);
    apply(lineAccepted, line);
    return true;
  } catch (error) {
    apply(lineFailed, line, error instanceof Error ? error.message : '');
    toastError('error.say', error);
    return false;
  }
}

export async function interrupt(): Promise<boolean> {
  const id = sessionId();
  if (id === null) return false;
  try {
    await interruptTalk(id);
    apply(abandonLines);
    return true;
  } catch (error) {
    toastError('error.interrupt', error);
    return false;
  }
}

export async function setMode(audiotype: 0 | 1): Promise<boolean> {
  const id = sessionId();
  if (id === null) return false;
  const before = useStudio.getState().audiotype;
  // Shown at once: the press must feel answered. Undone if the server says no.
  useStudio.setState({ audiotype });
  try {
    await setAudiotype(id, audiotype);
    return true;
  } catch (error) {
    useStudio.setState({ audiotype: before });
    toastError('error.mode', error);
    return false;
  }
}

let uploading: AbortController | null = null;

export async function playFile(files: readonly File[]): Promise<boolean> {
  const file = files[0];
  if (!file) return false;
  if (files.length > 1 || uploading) toastInfo('error.oneFile');
  if (uploading) return false;
  const id = sessionId();
  if (id === null) {
    toastError('error.audio', notConnected, 'error.notConnected');
    return false;
  }
  const controller = (uploading = new AbortController());
  const line = nextId();
  const progress = (fraction: number | null) =>
    useStudio.setState({ upload: { name: file.name, progress: fraction === 1 ? null : fraction } });
  progress(0);
  apply(addLine, { id: line, kind: 'audio', text: file.name }, performance.now());
  try {
    await uploadAudio(id, file, { onProgress: progress, signal: controller.signal });
    apply(lineAccepted, line);
    return true;
  } catch (error) {
    if (controller.signal.aborted) {
      apply(dropLine, line);
    } else {
      const silent = error instanceof ApiError && error.status === 200 && !error.message;
      apply(lineFailed, line, error instanceof Error ? error.message : '');
      toastError('error.audio', error, silent ? 'error.audioUnknown' : undefined);
    }
    return false;
  } finally {
    uploading = null;
    useStudio.setState({ upload: null });
  }
}

export const cancelUpload = (): void => uploading?.abort();

export const connect = (): void => connection.connect();
export const disconnect = (): void => connection.disconnect();
export const retryNow = (): void => connection.retryNow();
