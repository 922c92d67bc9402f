import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../fuzz/random';
import { encodeAudio } from '../../testing/audio-files';
import { writeLiveTalkingFolder } from '../../testing/livetalking-folder';
import type { Client } from '../client';
import { listen } from '../listener';
import { allRecordings } from '../recordings';
import type { Ledger, ListedRecording } from './ledger';

const POLL_MS = 300;
const JOB_LIMIT_MS = 120_000;
/** Longer than the voice takes to make it. */
const SPOKEN_MS = 8_000;

/** What goes on while processes are killed: it speaks and records, renames, imports, makes clips and changes a setting, for ever. */
export class Script {
  readonly done = {
    rounds: 0,
    recordings: 0,
    renames: 0,
    settings: 0,
    imports: 0,
    clips: 0,
    uploads: 0,
    speeches: 0,
    mishaps: 0,
  };
  private readonly sound = encodeAudio({ kind: 'mp3', samples: 20 * 44_100 });
  private jobs = 0;

  constructor(
    private readonly client: Client,
    private readonly ledger: Ledger,
    private readonly random: Random,
    /** A small LiveTalking avatar. */
    private readonly avatarFolder: string,
    /** Resolves once there is a server again. */
    private readonly up: () => Promise<void>,
    private readonly signal: AbortSignal,
  ) {}

  static async avatarIn(folder: string): Promise<string> {
    // Large enough that its conversion takes a while, so that it can be killed.
    await writeLiveTalkingFolder(folder, { pictures: 40, widthPx: 256, heightPx: 384, faceSizePx: 64 });
    return folder;
  }

  async run(): Promise<void> {
    while (!this.signal.aborted) {
      await this.up();
      try {
        await this.round();
      } catch {
        // The server was killed under it: what was acknowledged is in the ledger, what was not is nobody's promise.
        this.done.mishaps++;
        await sleep(POLL_MS);
      }
      this.done.rounds++;
    }
  }

  /** One recording, with other things going on meanwhile. */
  private async round(): Promise<void> {
    const { client, ledger } = this;
    const { json: opened } = await client.post('/api/sessions', {});
    const sessionid = Number(opened?.sessionid);
    const { json: begun } = await client.post('/record', { sessionid, type: 'start_record' });
    if (begun?.code !== 0) throw new Error('no recording');
    const open = { sessionid, sinceMs: performance.now(), toldMs: 0 };
    ledger.open = open;
    const listening = listen(client.url, sessionid, (event) => {
      if (event.status === 'record') open.toldMs = event.durationMs ?? open.toldMs;
    });
    try {
      await this.perform(sessionid);
    } finally {
      listening.close();
    }
  }

  private async perform(sessionid: number): Promise<void> {
    const { client, ledger, random } = this;
    await client.post('/human', {
      sessionid,
      type: 'echo',
      text: 'This is being recorded, all of it, to the very end.',
    });
    const untilMs = performance.now() + 3_000 + random.below(9_000);
    const chores: (() => Promise<unknown>)[] = [() => this.set(), () => this.rename(), () => this.upload(sessionid)];
    if (this.done.rounds % 3 === 0) chores.push(() => this.clip());
    if (this.done.rounds % 4 === 0) chores.push(() => this.import());
    for (const chore of chores) await chore();
    await sleep(Math.max(0, untilMs - performance.now()));
    const { json: ended } = await client.post('/record', { sessionid, type: 'end_record' });
    if (ended?.code === 0) {
      ledger.open = undefined;
      const one = (await allRecordings<ListedRecording>(client)).find(({ file }) => file === ended.file);
      if (!one) throw new Error('a finished recording is not listed');
      ledger.finished(one);
      this.done.recordings++;
    }
    await client.call('DELETE', `/api/sessions/${sessionid}`);
  }

  private async set(): Promise<void> {
    const minutes = 1 + this.random.below(600);
    const { may } = this.ledger.setting;
    may.add(minutes);
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ max_audio_minutes: minutes });
    const { json } = await this.client.call('PATCH', '/api/settings', undefined, { headers, body });
    if (json?.code !== 0) return;
    may.clear();
    may.add(minutes);
    this.done.settings++;
  }

  private async rename(): Promise<void> {
    const all = [...this.ledger.recordings.values()];
    if (all.length === 0) return;
    const one = this.random.of(all);
    const title = `Take ${this.random.below(1e6)}`;
    const before = new Set(one.titles);
    // Before the first rename any title may be found.
    if (one.titles.size > 0) one.titles.add(title);
    const headers = { 'content-type': 'application/json' };
    const path = `/api/recordings/${encodeURIComponent(one.id)}`;
    const { json } = await this.client.call('PATCH', path, undefined, { headers, body: JSON.stringify({ title }) });
    one.titles = json?.code === 0 ? new Set([title]) : before;
    this.done.renames++;
  }

  /** A file that takes a while to be decoded and played. */
  async upload(sessionid: number): Promise<void> {
    const form = new FormData();
    form.set('sessionid', String(sessionid));
    form.set('file', new Blob([new Uint8Array(this.sound)]), 'tone.mp3');
    await this.client.call('POST', '/humanaudio', undefined, { body: form });
    this.done.uploads++;
  }

  /** A sentence that takes long to say, to a session of its own. */
  async speak(): Promise<void> {
    const { json } = await this.client.post('/api/sessions', {});
    const sessionid = Number(json?.sessionid);
    const text = 'This sentence is long enough that whoever speaks it can be killed while it speaks, again and again.';
    await this.client.post('/human', { sessionid, type: 'echo', text: `${text} ${text}` });
    await sleep(SPOKEN_MS, undefined, { signal: this.signal }).catch(() => {});
    await this.client.call('DELETE', `/api/sessions/${sessionid}`);
    this.done.speeches++;
  }

  /** @returns how it ended */
  async clip(): Promise<string> {
    const { json } = await this.client.post('/api/clips', {
      text: 'A clip is made of this sentence, while others die.',
    });
    if (json?.code !== 0) return 'refused';
    const { id } = json.data as { id: string };
    const outcome = await this.outcome(`/api/clips/${id}`);
    if (outcome === 'done') {
      this.ledger.clips.add(id);
      this.done.clips++;
    }
    return outcome;
  }

  /** @returns how it ended */
  async import(): Promise<string> {
    const name = `killed${++this.jobs}-${this.random.below(1e6)}`;
    const form = new FormData();
    form.set('kind', 'avatar');
    form.set('name', name);
    for (const path of filesIn(this.avatarFolder)) {
      form.append('files', new Blob([new Uint8Array(readFileSync(join(this.avatarFolder, path)))]), `${name}/${path}`);
    }
    const { json } = await this.client.call('POST', '/api/imports', undefined, { body: form });
    const { id } = (json?.data ?? {}) as { id?: string };
    if (id === undefined) return 'refused';
    const outcome = await this.outcome(`/api/imports/${id}`);
    if (outcome === 'done') {
      this.ledger.avatars.add(name);
      this.done.imports++;
    }
    return outcome;
  }

  private async outcome(path: string): Promise<string> {
    const untilMs = performance.now() + JOB_LIMIT_MS;
    while (performance.now() < untilMs && !this.signal.aborted) {
      const { state } = await this.client.data<{ state: string }>(path);
      if (state !== 'queued' && state !== 'running') return state;
      await sleep(POLL_MS);
    }
    return 'running';
  }
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
