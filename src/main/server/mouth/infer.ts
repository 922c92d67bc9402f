import type { I420Picture } from '../avatar/avatar';
import type { PreparedFace } from '../composite/patch';
import { VisemeNetwork } from '../visemes/network';
import { type EngineOptions, LipEngine } from './engine';
import type { ToInfer } from './messages';
import type { LipModel } from './model';
import { MEL_VALUES } from './network';
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
const visemes = new VisemeNetwork();
let engine: LipEngine | undefined;
let working = false;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function load(model: LipModel, options: EngineOptions): Promise<void> {
  try {
    engine = await LipEngine.load(model, options, (provider) => port.send({ type: 'trying', provider }));
    port.send({ type: 'loaded', facts: await engine.warmUp({ hurried: options.again !== undefined }) });
  } catch (error) {
    port.send({ type: 'refused', message: messageOf(error) });
  }
}

/** The jobs to do in one call, oldest first; one that cannot be done is answered here and costs only itself. */
function takeBatch(engine: LipEngine) {
  const batch: { id: number; key: Slot; face: PreparedFace; mel: Float32Array }[] = [];
  while (batch.length < engine.maxBatch && jobs.length > 0) {
    const { id, slot, mel } = jobs.shift()!;
    try {
      if (!slot) throw new Error('the face was not sent');
      if (mel.length !== MEL_VALUES) throw new RangeError(`mel window of ${mel.length} values`);
      slot.prepared ??= engine.prepare(slot.face);
      batch.push({ id, key: slot, face: slot.prepared, mel });
    } catch (error) {
      port.send({ type: 'missed', id, message: messageOf(error) });
    }
  }
  return batch;
}

async function work(): Promise<void> {
  if (working || !engine) return;
  working = true;
  while (jobs.length > 0) {
    const batch = takeBatch(engine);
    let answered = 0;
    try {
      if (batch.length > 0) {
        await engine.infer(batch, (job, { region, data }, inferMs, composeMs) => {
          port.send({ type: 'patch', id: batch[job]!.id, region, data, inferMs, composeMs });
          answered++;
        });
      }
    } catch (error) {
      for (const { id } of batch.slice(answered)) port.send({ type: 'missed', id, message: messageOf(error) });
    }
    // Lets `drop` messages in, so that an interrupted turn does not cost the next one its time.
    await new Promise(setImmediate);
  }
  working = false;
  void prepareAhead();
}

/** Makes faces ready one at a time, as long as nobody waits for a mouth. The network runs only when somebody speaks. */
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

function forget(number: number): void {
  const slot = slots.get(number);
  if (!slot) return;
  slots.delete(number);
  engine?.forget(slot);
}

function handle(message: ToInfer): void {
  switch (message.type) {
    case 'load':
      void load(message.model, message.options);
      break;
    case 'face': {
      const slot = { face: message.face };
      forget(message.slot);
      slots.set(message.slot, slot);
      unprepared.push(slot);
      if (unprepared.length > MAX_UNPREPARED) unprepared.shift();
      void prepareAhead();
      break;
    }
    case 'forget':
      forget(message.slot);
      break;
    case 'infer':
      if (!engine) {
        port.send({ type: 'missed', id: message.id, message: 'no model is loaded' });
        break;
      }
      // The slot is looked up now: by the time the job runs, it may hold another face.
      jobs.push({ id: message.id, slot: slots.get(message.slot), mel: message.mel });
      void work();
      break;
    case 'drop': {
      const at = jobs.findIndex(({ id }) => id === message.id);
      if (at < 0) break; // running or answered
      jobs.splice(at, 1);
      port.send({ type: 'dropped', id: message.id });
      break;
    }
    case 'coefficients':
      void hear(message.id, message.mel);
      break;
    case 'quantise':
      void quantise(message.job);
  }
}

/** At once, before the mouths that wait: it takes a fiftieth of the time of one. */
async function hear(id: number, mel: Float32Array): Promise<void> {
  try {
    port.send({ type: 'coefficients', id, values: await visemes.run(mel) });
  } catch (error) {
    port.send({ type: 'missed', id, message: messageOf(error) });
  }
}

/** Loaded when it is asked for: no other process needs it. */
async function quantise(job: Extract<ToInfer, { type: 'quantise' }>['job']): Promise<void> {
  try {
    const { makeInt8 } = await import('./int8/make');
    port.send({ type: 'quantised', verdict: await makeInt8(job) });
  } catch (error) {
    port.send({ type: 'refused', message: messageOf(error) });
  }
}

port.onMessage(handle);
port.onGone(() => process.exit(0));
// Ctrl-C in a terminal reaches the whole group; when to stop is the parent's decision.
process.on('SIGINT', () => {});
