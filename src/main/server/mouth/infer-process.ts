import { forkEntry, howItEnded, LastWords } from '../child';
import type { FromInfer, PatchInFile, ToInfer } from './messages';
import { SHARES_FILE } from './port';
import { type FaceInFile, type FaceRead, SharedFile } from './shared-file';

/** A running inference process, however it was started (`fork` here, Electron's `utilityProcess` from its shell). */
export interface InferProcess {
  readonly pid: number | undefined;
  /** The message is copied before this returns: its buffers may be used again. */
  send(message: ToInfer): void;
  onMessage(listener: (message: FromInfer) => void): void;
  /** Called once, with what is known about why. */
  onExit(listener: (why: string) => void): void;
  kill(): void;
}

const KEPT_ERROR_CHARS = 500;

export function forkInfer(): InferProcess {
  const file = SharedFile.open();
  const child = forkEntry('infer', 'infer-process', {
    serialization: 'advanced',
    stderr: true,
    ...(file && { args: [SHARES_FILE], sharedFd: file.fd }),
  });
  const closeFile = () => file?.close();
  child.once('exit', closeFile);
  child.once('error', closeFile);
  const lastWords = new LastWords(child, KEPT_ERROR_CHARS);
  return {
    pid: child.pid,
    // The callback: a send to a process that has just died is no error of ours; `exit` tells.
    send: (message) => {
      if (child.connected) child.send(light(message, file), () => {});
    },
    onMessage: (listener) =>
      void child.on('message', (message: FromInfer | PatchInFile | FaceRead) => {
        if (message.type === 'face-read') return file?.faceWasRead(message.place);
        if (message.type === 'loaded') lastWords.text = ''; // a GPU that is not there is no reason to die of later
        listener(message.type === 'patch-in-file' ? whole(message, file) : message);
      }),
    onExit: (listener) => {
      let ended = false;
      const end = (why: string) => {
        if (ended) return;
        ended = true;
        listener(lastWords.lastLine ? `${why}: ${lastWords.lastLine}` : why);
      };
      child.on('exit', (code, signal) => end(howItEnded(code, signal)));
      child.on('error', (error) => end(error.message));
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** A face without its bytes, which are in the file by then. */
function light(message: ToInfer, file: SharedFile | undefined): ToInfer | FaceInFile {
  if (message.type !== 'face' || !file) return message;
  const { slot, face } = message;
  const place = file.putFace(face.data);
  if (place === undefined) return message;
  return { type: 'face-in-file', slot, widthPx: face.widthPx, heightPx: face.heightPx, place, bytes: face.data.length };
}

function whole({ place, bytes, ...facts }: PatchInFile, file: SharedFile | undefined): FromInfer {
  const lent = file?.readPatch(place, bytes);
  if (!lent) return { type: 'missed', id: facts.id, message: 'its picture was not found in the file that it shares' };
  return { ...facts, type: 'patch', ...lent };
}
