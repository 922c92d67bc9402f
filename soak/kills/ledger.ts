import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client';
import type { Invariants } from '../invariants';
import { allRecordings, playable } from '../recordings';

export interface ListedRecording {
  id: string;
  file: string;
  title: string;
  sessionid: number;
  durationMs: number | null;
  recovered: boolean;
}

interface Kept {
  id: string;
  durationMs: number;
  /** The title that was acknowledged, and one that was asked for and perhaps never answered. */
  titles: Set<string>;
  played: boolean;
}

/** Shorter than this, cut off, there may be nothing on the disk yet. */
const LEAST_TOLD_MS = 2_000;
const RECOVERY_LIMIT_MS = 60_000;

/** What the server has said that it has done; after every kill all of it must still be so. */
export class Ledger {
  /** Of `max_audio_minutes`: what was acknowledged, and what was asked for since. */
  readonly setting = { may: new Set<number>() };
  readonly recordings = new Map<string, Kept>();
  readonly avatars = new Set<string>();
  readonly clips = new Set<string>();
  /** A recording that was acknowledged as begun, when, and how much of it /sse has told since. */
  open: { sessionid: number; sinceMs: number; toldMs: number } | undefined;

  constructor(private readonly invariants: Invariants) {}

  /** In a few words, for the table. */
  get summary(): string {
    const open = this.open ? `, one open for ${((performance.now() - this.open.sinceMs) / 1_000).toFixed(1)} s` : '';
    const titled = [...this.recordings.values()].filter(({ titles }) => titles.size > 0).length;
    return (
      `${this.recordings.size} recordings (${titled} renamed${open}), setting ${[...this.setting.may].join(' or ') || 'untouched'}, ` +
      `${this.avatars.size} avatars, ${this.clips.size} clips`
    );
  }

  finished(recording: ListedRecording): void {
    const { id, durationMs } = recording;
    this.recordings.set(recording.file, { id, durationMs: durationMs ?? 0, titles: new Set(), played: false });
  }

  /** Looks for all of it. @returns what was found, in a few words */
  async check(client: Client): Promise<string> {
    const found: string[] = [];
    const keep = (name: string, kept: boolean, what: string) => {
      this.invariants.see(name, kept ? 0 : 1, undefined, kept ? '' : what);
      if (!kept) found.push(`LOST: ${what}`);
    };
    // The script goes on where a child was killed: what it has done after this look was not to be found by it.
    const [recordings, avatarIds, clipIds] = [[...this.recordings], [...this.avatars], [...this.clips]];
    const before = new Map(recordings.map(([file, { titles }]) => [file, new Set(titles)]));
    const mayBefore = new Set(this.setting.may);
    const { settings } = await client.data<{ settings: { name: string; value: unknown }[] }>('/api/settings');
    const value = Number(settings.find(({ name }) => name === 'max_audio_minutes')?.value);
    const { may } = this.setting;
    if (may.size > 0) {
      const kept = may.has(value) || mayBefore.has(value);
      keep('settings kept', kept, `max_audio_minutes is ${value}, not ${[...may, ...mayBefore].join(' or ')}`);
      // Nobody has answered what was asked for last when the server died: from here on it is what it is.
      if (may.size > 1) {
        may.clear();
        may.add(value);
      }
    }
    const listed = await allRecordings<ListedRecording>(client);
    for (const [file, kept] of recordings) {
      const one = listed.find((other) => other.file === file);
      keep('recordings kept', one !== undefined, file);
      if (!one) {
        this.recordings.delete(file);
        continue;
      }
      const titles = new Set([...kept.titles, ...before.get(file)!]);
      if (before.get(file)!.size > 0) keep('names kept', titles.has(one.title), `${file} is called "${one.title}"`);
      if (kept.titles.size > 1) kept.titles = new Set([one.title]);
      keep(
        'recordings whole',
        Math.abs((one.durationMs ?? 0) - kept.durationMs) <= 40,
        `${file}: ${one.durationMs} ms`,
      );
      if (!kept.played) await this.play(client, one.id, one.file, keep);
      kept.played = true;
    }
    const { avatars } = await client.data<{ avatars: { id: string }[] }>('/api/avatars');
    for (const id of avatarIds)
      keep(
        'imports kept',
        avatars.some((one) => one.id === id),
        `avatar ${id}`,
      );
    const { clips } = await client.data<{ clips: { id: string; state: string }[] }>('/api/clips');
    for (const id of clipIds) {
      keep(
        'clips kept',
        clips.some((one) => one.id === id && one.state === 'done'),
        `clip ${id}`,
      );
    }
    return found.join('; ') || 'all of it';
  }

  /** The recording that was open when the server was killed. @returns what was found of it */
  async checkRecovered(client: Client, killedMs: number): Promise<string> {
    const { open } = this;
    this.open = undefined;
    if (!open) return '';
    const { toldMs } = open;
    const about = `${seconds(killedMs - open.sinceMs)}, ${seconds(toldMs)} told`;
    const find = async () =>
      // It may have been ended in time, and only its answer cut off.
      (await allRecordings<ListedRecording>(client)).find(({ sessionid }) => sessionid === open.sessionid);
    const untilMs = performance.now() + RECOVERY_LIMIT_MS;
    let found = await find();
    while (found?.durationMs === null && performance.now() < untilMs) {
      await sleep(500);
      found = await find();
    }
    if (!found) {
      const short = toldMs < LEAST_TOLD_MS;
      this.invariants.see('recordings recovered', short ? 0 : 1, undefined, `session ${open.sessionid}`);
      return `; the open one (${about}) ${short ? 'was too short to be there' : 'was NOT recovered'}`;
    }
    const played = await playableOf(client, found.id, found.file);
    const bad = played.problem !== undefined || played.decodeErrors > 0;
    if (bad && toldMs < LEAST_TOLD_MS) return `; the open one (${about}) was too short to play`;
    this.invariants.see('recordings recovered', bad ? 1 : 0, undefined, JSON.stringify(played));
    this.invariants.see('tail lost', toldMs - played.endMs, undefined, found.file);
    this.recordings.set(found.file, {
      id: found.id,
      durationMs: found.durationMs ?? 0,
      titles: new Set(),
      played: true,
    });
    return `; the open one (${about}) plays for ${seconds(played.endMs)}`;
  }

  private async play(
    client: Client,
    id: string,
    file: string,
    keep: (name: string, kept: boolean, what: string) => void,
  ): Promise<void> {
    const played = await playableOf(client, id, file);
    keep('recordings playable', !played.problem && played.decodeErrors === 0, `${file}: ${JSON.stringify(played)}`);
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

async function playableOf(client: Client, id: string, file: string) {
  const folder = mkdtempSync(join(tmpdir(), 'herald-played-'));
  try {
    const reply = await fetch(`${client.url}/api/recordings/${encodeURIComponent(id)}/file`);
    const local = join(folder, file);
    writeFileSync(local, Buffer.from(await reply.arrayBuffer()));
    return await playable(local);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
