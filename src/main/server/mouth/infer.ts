import type { I420Picture } from '../avatar/avatar';
import type { PreparedFace } from '../composite/patch';
import { LipEngine } from './engine';
import type { ToInfer } from './messages';
import { parentPort } from './port';

/**
 * The inference process: `session.run` blocks the thread that calls it, and a fault in native code takes its process down, so
 * both happen here, where the server only notices that a mouth is missing. It keeps nothing that its parent could not send
 * again, and ends when its parent does.
 */
interface Slot {
  face: I420Picture;
  prepared?: PreparedFace;
}

interface Job {
  id: number;
  slot: Slot | undefined;
  mel: Float32Array;
}

const port = parentPort();
const slots = new Map<number, Slot>();
const jobs: Job[] = [];
const MAX_UNPREPARED = 64;
/** Faces to make ready when there is nothing else to do. */
const unprepared: Slot[] = [];
let engine: LipEngine | undefined;
let working = false;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function load(modelFile: string): Promise<void> {
  try {
    engine = await LipEngine.load(modelFile);
    const warmPictureMs = await engine.warmUp();
    port.send({ type: 'loaded', faceSizePx: engine.faceSizePx, provider: engine.provider.name, warmPictureMs });
  } catch (error) {
    port.send({ type: 'refused', message: messageOf(error) });
  }
}

async function work(): Promise<void> {
  if (working) return;
  working = true;
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const { id, slot, mel } = job;
    try {
      if (!engine) throw new Error('no model is loaded');
      if (!slot) throw new Error('the face was not sent');
      slot.prepared ??= engine.prepare(slot.face);
      const { patch, inferMs, composeMs } = await engine.infer(slot.prepared, mel);
      port.send({ type: 'patch', id, region: patch.region, data: patch.data, inferMs, composeMs });
    } catch (error) {
      port.send({ type: 'missed', id, message: messageOf(error) });
    }
    // Lets `drop` messages in, so that an interrupted turn does not cost the next one its time.
    await new Promise(setImmediate);
  }
  working = false;
  void prepareAhead();
}

/** Makes faces ready one at a time, as long as nobody waits for a mouth. */
async function prepareAhead(): Promise<void> {
  if (working) return;
  working = true;
  for (let slot = unprepared.shift(); slot && engine; slot = unprepared.shift()) {
    try {
      slot.prepared ??= engine.prepare(slot.face);
    } catch {
      // The job that needs this face will say why it cannot be used.
    }
    await new Promise(setImmediate);
    if (jobs.length > 0) break;
  }
  working = false;
  if (jobs.length > 0) void work();
}

function handle(message: ToInfer): void {
  switch (message.type) {
    case 'load':
      void load(message.modelFile);
      break;
    case 'face': {
      const slot = { face: message.face };
      slots.set(message.slot, slot);
      unprepared.push(slot);
      if (unprepared.length > MAX_UNPREPARED) unprepared.shift();
      void prepareAhead();
      break;
    }
    case 'forget':
      slots.delete(message.slot);
      break;
    case 'infer':
      // The slot is looked up now: by the time the job runs, it may hold another face.
      jobs.push({ id: message.id, slot: slots.get(message.slot), mel: message.mel });
      void work();
      break;
    case 'drop': {
      const at = jobs.findIndex(({ id }) => id === message.id);
      if (at < 0) break; // running or answered
      jobs.splice(at, 1);
      port.send({ type: 'dropped', id: message.id });
    }
  }
}

port.onMessage(handle);
port.onGone(() => process.exit(0));
// Ctrl-C in a terminal reaches the whole group; when to stop is the parent's decision.
process.on('SIGINT', () => {});
