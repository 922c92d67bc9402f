import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type Surroundings } from './connection';
import type { Gate } from './gate';
import type { Witness } from './invariants';
import { type Step, type UploadName, type Visit, visitsOf } from './plan';
import type { RecordingBook } from './recordings';

export interface ActorParts extends Omit<Surroundings, 'onEvent'> {
  seed: number;
  presenters: readonly string[];
  uploads: ReadonlyMap<UploadName, Buffer>;
  recordings: RecordingBook;
  gate: Gate;
  signal: AbortSignal;
  nowS(): number;
}

const LOG_LINES = 40;
const NO_PLACE_PAUSE_MS = 2_000;
const LOOKS = ['/api/health', '/api/recordings', '/api/avatars', '/metrics', '/api/admin/sessions'];

/** One person (or a stack of tabs) that comes, does things at random and goes, again and again. */
export class Actor implements Witness {
  readonly name: string;
  readonly done = { visits: 0, steps: 0, refusals: 0, mishaps: 0 };
  private readonly lines: string[] = [];
  private readonly visits: Generator<Visit, never>;
  private looks = 0;
  private recording = false;

  constructor(
    index: number,
    private readonly parts: ActorParts,
  ) {
    this.name = `actor ${index}`;
    this.visits = visitsOf(parts.seed, index, parts.presenters);
  }

  log(): string[] {
    return [...this.lines];
  }

  /** Until the signal aborts; leaves properly then. */
  async run(): Promise<void> {
    const { gate, signal } = this.parts;
    let connection: Connection | undefined;
    while (!signal.aborted) {
      if (gate.closed && connection) {
        await this.go(connection, 'close');
        connection = undefined;
      }
      await gate.pass();
      const visit = this.visits.next().value;
      const before = connection;
      try {
        connection = await this.come(visit);
        if (before) await this.go(before, 'change');
        if (!connection) continue;
        await this.perform(connection);
        if (visit.leave !== 'change') {
          await this.go(connection, visit.leave);
          connection = undefined;
        }
      } catch (error) {
        // A server that stops answering is told by 'server alive' and by what is missing; here it only must not end the actor.
        this.done.mishaps++;
        this.note(`mishap: ${(error as Error).message}`);
        if (before) await before.leave('close').catch(() => {});
        await connection?.leave('close').catch(() => {});
        connection = undefined;
        await this.pause(NO_PLACE_PAUSE_MS);
      }
      await this.pause(visit.pauseMs);
    }
    await connection?.leave('close').catch(() => {});
  }

  private async come(visit: Visit): Promise<Connection | undefined> {
    const { recordings } = this.parts;
    this.note(`offer ${visit.codec} for ${visit.presenter}`);
    this.recording = false;
    const connection = await Connection.open(visit, this, {
      ...this.parts,
      onEvent: (event) => {
        if (event.status === 'record') recordings.heard(event);
        if (event.status !== 'answer' && !(event.status === 'record' && event.state === 'running')) {
          this.note(`event ${JSON.stringify(event).slice(0, 120)}`);
        }
      },
    });
    if (!connection) {
      this.note('no place');
      await this.pause(NO_PLACE_PAUSE_MS);
      return undefined;
    }
    this.done.visits++;
    this.note(`session ${connection.id}`);
    if (!(await connection.watching(this.parts.signal))) this.note('no picture came');
    return connection;
  }

  private async perform(connection: Connection): Promise<void> {
    const { gate, signal } = this.parts;
    for (const step of connection.visit.steps) {
      if (signal.aborted || gate.closed || connection.lost) return;
      this.done.steps++;
      await this.take(step, connection);
      await this.pause(step.thenMs);
    }
  }

  private async go(connection: Connection, how: Visit['leave']): Promise<void> {
    this.note(`leaves ${connection.id}: ${how}${this.recording ? ', while recording' : ''}`);
    await connection.leave(how);
  }

  private async take(step: Step, connection: Connection): Promise<void> {
    const { client } = this.parts;
    const sessionid = connection.id;
    switch (step.does) {
      case 'say':
      case 'ask': {
        const { text, interrupt } = step;
        const type = step.does === 'say' ? 'echo' : 'chat';
        return this.post('/human', { sessionid, type, text, interrupt }, `${type} "${text.slice(0, 30)}"`);
      }
      case 'interrupt':
        return this.post('/interrupt_talk', { sessionid }, 'interrupt');
      case 'upload':
        return this.upload(sessionid, step.file);
      case 'mode': {
        const { audiotype, reinit } = step;
        return this.post('/set_audiotype', { sessionid, audiotype, reinit }, `mode ${audiotype}`);
      }
      case 'record':
        return this.record(sessionid);
      case 'want keyframe':
        this.note('asks for a keyframe');
        return connection.peer.requestKeyframe();
      case 'invite':
        if (connection.guests.length > 0) {
          this.note('a guest goes');
          return connection.dismiss();
        }
        this.note(`a guest: ${(await connection.invite()) ? 'came' : 'did not come'}`);
        return;
      case 'look':
        await client.get(LOOKS[this.looks++ % LOOKS.length]!, this);
        return this.post('/is_speaking', { sessionid }, 'is it speaking');
      case 'rest':
    }
  }

  private async record(sessionid: number): Promise<void> {
    const { client, recordings } = this.parts;
    const type = this.recording ? 'end_record' : 'start_record';
    const { json } = await client.post('/record', { sessionid, type }, this);
    this.note(`${type}: ${JSON.stringify(json)}`);
    if (json?.code !== 0) this.done.refusals++;
    this.recording = type === 'start_record' && json?.code === 0;
    if (json?.code === 0 && typeof json.file === 'string') recordings.acknowledged(json.file);
  }

  private async upload(sessionid: number, name: UploadName): Promise<void> {
    const form = new FormData();
    form.set('sessionid', String(sessionid));
    form.set('file', new Blob([new Uint8Array(this.parts.uploads.get(name)!)]), name);
    const { json } = await this.parts.client.call('POST', '/humanaudio', this, { body: form });
    this.note(`upload ${name}: ${JSON.stringify(json)}`);
  }

  private async post(path: string, body: object, what: string): Promise<void> {
    const { json } = await this.parts.client.post(path, body, this);
    if (json?.code !== 0) this.done.refusals++;
    this.note(`${what}: ${json?.code === 0 ? 'ok' : JSON.stringify(json)}`);
  }

  private async pause(ms: number): Promise<void> {
    const { gate, signal } = this.parts;
    const untilMs = performance.now() + ms;
    while (performance.now() < untilMs && !signal.aborted && !gate.closed) {
      await sleep(Math.min(200, untilMs - performance.now()));
    }
  }

  private note(line: string): void {
    this.lines.push(`${this.parts.nowS().toFixed(1)} s  ${line}`);
    if (this.lines.length > LOG_LINES) this.lines.shift();
  }
}
