import type { SessionEvent } from '../../../shared/protocol';
import { alsoTold, say, type Told } from '../../../shared/told';
import { HeraldError } from '../errors';
import type { Log } from '../log';
import { containerOf } from '../outputs/recorder/fragments';
import { Recorder, type RecorderStop } from '../outputs/recorder/recorder';
import type { Draft } from '../recordings/draft';
import type { RecordingLibrary } from '../recordings/library';
import type { Program } from './program';

export interface RecordingHost {
  sessionId: number;
  presenter: string;
  /** Undefined where this server keeps no recordings. */
  library: RecordingLibrary | undefined;
  log: Log;
  emit(event: SessionEvent): void;
  fail(error: Error): void;
  /** How long `start` waits for the session's first picture. */
  firstPictureMs?: number;
}

interface Active {
  recorder: Recorder;
  draft: Draft;
  program: Program;
}

type State =
  | { kind: 'none' }
  | { kind: 'starting'; done: Promise<void>; abort: AbortController }
  | { kind: 'on'; active: Active }
  | { kind: 'ending'; done: Promise<string> };

const FIRST_PICTURE_MS = 5_000;
/** The reply to the end of a short recording waits until its index is at the front; a long one is played in fragments first. */
const ORDER_PATIENCE_MS = 2_000;

/** The recordings of one session: one at a time, each with a clear beginning and end. */
export class SessionRecording {
  private state: State = { kind: 'none' };
  /** Why the last recording did not wait for its end to be asked for. */
  private endedByItself: string | undefined;
  private program: Program | undefined;
  private opened: (program: Program) => void = () => {};
  private readonly programOpened = new Promise<Program>((resolve) => {
    this.opened = resolve;
  });

  constructor(private readonly host: RecordingHost) {}

  /** The session has its encoders. */
  setProgram(program: Program): void {
    this.program = program;
    this.opened(program);
  }

  /** Every event of the session comes by: what is said is part of the recording. */
  note(event: SessionEvent): void {
    if (this.state.kind !== 'on') return;
    const { draft, recorder } = this.state.active;
    draft.note(event, recorder.durationMs);
  }

  /** @throws HeraldError 'refused' with what to do */
  async start(): Promise<void> {
    if (this.state.kind === 'on') {
      throw new HeraldError('refused', say('record.running', { file: this.state.active.draft.file }));
    }
    if (this.state.kind === 'starting') throw new HeraldError('refused', say('record.starting'));
    if (this.state.kind === 'ending') await this.state.done.catch(() => {});
    // Another start may have been as patient.
    if (this.state.kind !== 'none') return this.start();
    const abort = new AbortController();
    const done = this.begin(abort.signal);
    this.state = { kind: 'starting', done: done.then(() => {}), abort };
    this.state.done.catch(() => {});
    try {
      const active = await done;
      this.state = { kind: 'on', active };
      this.endedByItself = undefined;
      this.tell('started', active.draft);
      active.recorder.onProgress = () => this.tellProgress(active);
      active.recorder.onStop = (stop) => void this.endByItself(stop);
    } catch (error) {
      this.state = { kind: 'none' };
      throw error;
    }
  }

  /**
   * Resolves with the file's name, once it is playable.
   * @throws HeraldError 'refused' when nothing is recorded, or what was recorded could not be kept
   */
  async end(): Promise<string> {
    const { state } = this;
    if (state.kind === 'starting') {
      state.abort.abort(new HeraldError('refused', 'the recording was ended before its first picture came'));
      await state.done.catch(() => {});
      throw new HeraldError('refused', say('record.tooSoon'));
    }
    if (state.kind === 'ending') return state.done;
    if (state.kind === 'none') {
      const { endedByItself: why } = this;
      throw new HeraldError('refused', why ? say('record.noMore', { why }) : say('record.none'));
    }
    return this.finish(state.active, { patienceMs: ORDER_PATIENCE_MS });
  }

  /** The session ends, and its recording with it. Never throws. */
  async close(): Promise<void> {
    const ended = this.state.kind === 'on' ? this.finish(this.state.active, { patienceMs: 0 }) : this.end();
    await ended.catch(() => {}); // there was nothing to end, or why it failed has been told
  }

  private async begin(signal: AbortSignal): Promise<Active> {
    const { library, sessionId, presenter, firstPictureMs = FIRST_PICTURE_MS } = this.host;
    if (!library) throw new HeraldError('refused', say('record.nowhere'));
    const late = AbortSignal.timeout(firstPictureMs);
    const given = AbortSignal.any([signal, late]);
    const program = this.program ?? (await unlessAborted(this.programOpened, given, late));
    const draft = await library.begin(sessionId, presenter, containerOf(program.format));
    const recorder = new Recorder(draft.part, library.limits);
    try {
      const begun = new Promise<void>((resolve, reject) => {
        recorder.onBegin = resolve;
        recorder.onStop = ({ message }) => reject(new HeraldError('refused', `not recorded: ${message}`));
      });
      await program.attach(recorder);
      await unlessAborted(begun, given, late);
      return { recorder, draft, program };
    } catch (error) {
      program.detach(recorder);
      await recorder.close().catch(() => {});
      await draft.discard();
      throw error;
    }
  }

  private finish(active: Active, how: { patienceMs: number; reason?: string }): Promise<string> {
    const done = this.keep(active, how).finally(() => {
      this.state = { kind: 'none' };
    });
    this.state = { kind: 'ending', done };
    return done;
  }

  private async keep(
    { recorder, draft, program }: Active,
    { patienceMs, reason }: { patienceMs: number; reason?: string },
  ): Promise<string> {
    const { library, sessionId } = this.host;
    try {
      await recorder.close().catch((error: Error) => this.host.fail(error));
      program.detach(recorder);
      const { durationMs, bytes } = recorder;
      const { ordered } = await library!.add(draft, sessionId, durationMs);
      await Promise.race([ordered, patience(patienceMs)]);
      this.tell('finished', draft, {
        durationMs: Math.round(durationMs),
        bytes,
        ...(reason && { reason, ...alsoTold(reason) }),
      });
      return draft.file;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.tell('failed', draft, { reason: message, ...alsoTold(message) });
      throw new HeraldError('refused', `${draft.file} could not be finished: ${message}`);
    }
  }

  private async endByItself({ fault, message }: RecorderStop): Promise<void> {
    if (fault) this.host.fail(new Error(message));
    else this.host.log.info(`record: ${message}`);
    if (this.state.kind !== 'on') return;
    this.endedByItself = message;
    await this.finish(this.state.active, { patienceMs: 0, reason: message }).catch((error: Error) =>
      this.host.fail(error),
    );
  }

  private tellProgress({ recorder, draft }: Active): void {
    if (this.state.kind !== 'on') return;
    const { durationMs, bytes } = recorder;
    const { file, name } = draft;
    this.host.emit({
      status: 'record',
      state: 'running',
      file,
      id: name.id,
      durationMs: Math.round(durationMs),
      bytes,
    });
  }

  private tell(
    state: Extract<SessionEvent, { status: 'record' }>['state'],
    { file, name }: Draft,
    more: { durationMs?: number; bytes?: number; reason?: string; told?: Told } = {},
  ): void {
    this.host.log.info(`record: ${file} ${state}${more.reason ? ` (${more.reason})` : ''}`);
    this.host.emit({ status: 'record', state, file, id: name.id, ...more });
  }
}

function patience(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** `late` says that it took too long; any other abort has its own reason. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, late: AbortSignal): Promise<T> {
  work.catch(() => {});
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(late.aborted ? new HeraldError('refused', say('record.noPicture')) : signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
