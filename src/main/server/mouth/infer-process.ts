import { forkEntry, howItEnded, LastWords } from '../child';
import { type FaceInFile, FacePlaces, type FaceRead } from './face-places';
import type { FromInfer, PatchInFile, ToInfer } from './messages';
import { PatchFile } from './patch-file';
import { SHARES_PATCHES } from './port';

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
  const patches = PatchFile.open();
  const faces = patches && new FacePlaces(patches.fd);
  const child = forkEntry('infer', 'infer-process', {
    serialization: 'advanced',
    stderr: true,
    ...(patches && { args: [SHARES_PATCHES], sharedFd: patches.fd }),
  });
  const closePatches = () => patches?.close();
  child.once('exit', closePatches);
  child.once('error', closePatches);
  const lastWords = new LastWords(child, KEPT_ERROR_CHARS);
  return {
    pid: child.pid,
    // The callback: a send to a process that has just died is no error of ours; `exit` tells.
    send: (message) => {
      if (child.connected) child.send(light(message, faces), () => {});
    },
    onMessage: (listener) =>
      void child.on('message', (message: FromInfer | PatchInFile | FaceRead) => {
        if (message.type === 'face-read') return faces?.wasRead(message.place);
        if (message.type === 'loaded') lastWords.text = ''; // a GPU that is not there is no reason to die of later
        listener(message.type === 'patch-in-file' ? whole(message, patches) : message);
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
function light(message: ToInfer, faces: FacePlaces | undefined): ToInfer | FaceInFile {
  if (message.type !== 'face' || !faces) return message;
  const { slot, face } = message;
  const place = faces.put(face.data);
  if (place === undefined) return message;
  return { type: 'face-in-file', slot, widthPx: face.widthPx, heightPx: face.heightPx, place, bytes: face.data.length };
}

function whole({ place, bytes, ...facts }: PatchInFile, patches: PatchFile | undefined): FromInfer {
  const lent = patches?.read(place, bytes);
  if (!lent) return { type: 'missed', id: facts.id, message: 'its picture was not found in the file that it shares' };
  return { ...facts, type: 'patch', ...lent };
}
