import { SHARED_FD } from '../child';
import type { FromInfer, PatchInFile, ToInfer } from './messages';
import { type FaceInFile, type FaceRead, SharedFileEnd } from './shared-file';

/** The inference process's line to whoever started it. */
export interface ParentPort {
  send(message: FromInfer): void;
  onMessage(listener: (message: ToInfer) => void): void;
  /** The parent is gone, however it ended. */
  onGone(listener: () => void): void;
}

/** Argument of a process whose descriptor `SHARED_FD` is the shared file. */
export const SHARES_FILE = '--shares-file';

/** Electron's `process.parentPort` in a utilityProcess; typed here, because server code never imports electron. */
interface UtilityPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}

/** @throws when the process was not started by a Herald */
export function parentPort(): ParentPort {
  const utility = (process as { parentPort?: UtilityPort }).parentPort;
  if (utility) {
    return {
      send: (message) => utility.postMessage(message),
      onMessage: (listener) => utility.on('message', ({ data }) => listener(data as ToInfer)),
      onGone: () => {}, // Electron ends its utility processes itself
    };
  }
  if (!process.send) throw new Error('This is the lip inference process of Herald; it is started by the server.');
  const file = process.argv.includes(SHARES_FILE) ? new SharedFileEnd(SHARED_FD) : undefined;
  return {
    // The callback keeps a write to a parent that has just gone from becoming an uncaught error.
    send: (message) => void process.send!(light(message, file), undefined, undefined, () => {}),
    onMessage: (listener) => {
      process.on('message', (message: ToInfer | FaceInFile) => {
        if (message.type !== 'face-in-file') return listener(message);
        const data = file?.readFace(message);
        const read: FaceRead = { type: 'face-read', place: message.place };
        process.send!(read, undefined, undefined, () => {});
        const { slot, widthPx, heightPx } = message;
        // Without it, the mouth that needs this face says that it was not sent.
        if (data) listener({ type: 'face', slot, face: { widthPx, heightPx, data } });
      });
    },
    onGone: (listener) => void process.on('disconnect', listener),
  };
}

/** A patch without its bytes, which are in the file by then. */
function light(message: FromInfer, file: SharedFileEnd | undefined): FromInfer | PatchInFile {
  if (message.type !== 'patch' || !file) return message;
  const { type: _, data, ...facts } = message;
  const place = file.putPatch(data);
  return place === undefined ? message : { type: 'patch-in-file', place, bytes: data.length, ...facts };
}
