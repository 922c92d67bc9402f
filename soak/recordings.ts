import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionEvent } from '../src/shared/protocol';
import { root } from '../testing/server';
import type { Client } from './client';
import type { Invariants } from './invariants';
import type { Playable } from './playable';

interface Listed {
  id: string;
  file: string;
  durationMs: number | null;
}

const PAGE = 200;
const PLAYABLE_LIMIT_MS = 120_000;

/** Every recording that the server said is finished; each must be listed and play, until it is deleted. */
export class RecordingBook {
  private readonly files = new Set<string>();
  readonly figures = { acknowledged: 0, failed: 0, checked: 0, deleted: 0, longestMs: 0, worstApartMs: 0 };
  readonly failures = new Set<string>();

  constructor(
    private readonly client: Client,
    private readonly invariants: Invariants,
    private readonly folder: string,
  ) {}

  acknowledged(file: string): void {
    if (this.files.has(file)) return;
    this.files.add(file);
    this.figures.acknowledged++;
  }

  heard(event: Extract<SessionEvent, { status: 'record' }>): void {
    if (event.state === 'finished') this.acknowledged(event.file);
    if (event.state !== 'failed') return;
    this.figures.failed++;
    this.failures.add(event.reason ?? 'without a reason');
  }

  /** All are listed; those that have not been looked at are played through, up to `most` of them, and deleted when that is asked. */
  async check({ most, deleting }: { most: number; deleting: boolean }): Promise<void> {
    const listed = new Map((await allRecordings<Listed>(this.client)).map((one) => [one.file, one]));
    let looked = 0;
    for (const file of [...this.files]) {
      const one = listed.get(file);
      this.invariants.see('recordings kept', one ? 0 : 1, undefined, one ? '' : file);
      if (!one) this.files.delete(file);
      else if (looked++ < most) {
        await this.play(one);
        if (!deleting) continue;
        this.files.delete(file);
        await this.client.call('DELETE', `/api/recordings/${encodeURIComponent(one.id)}`);
        this.figures.deleted++;
      }
    }
  }

  private async play({ id, file }: Listed): Promise<void> {
    const reply = await fetch(`${this.client.url}/api/recordings/${encodeURIComponent(id)}/file`);
    const local = join(this.folder, `played-${file.endsWith('webm') ? 'one.webm' : 'one.mp4'}`);
    writeFileSync(local, Buffer.from(await reply.arrayBuffer()));
    const played = await playable(local);
    rmSync(local, { force: true });
    this.figures.checked++;
    this.figures.longestMs = Math.max(this.figures.longestMs, played.endMs);
    this.figures.worstApartMs = Math.max(this.figures.worstApartMs, Math.abs(played.apartAtStartMs));
    const faults = played.problem ? 1 : played.decodeErrors + (Math.abs(played.apartAtStartMs) > 20 ? 1 : 0);
    this.invariants.see('recordings playable', faults, undefined, faults ? `${file}: ${JSON.stringify(played)}` : '');
  }
}

/** All pages of the list: a server has more recordings than one of them holds. */
export async function allRecordings<T>(client: Client): Promise<T[]> {
  const found: T[] = [];
  for (;;) {
    const { recordings } = await client.data<{ recordings: T[] }>(
      `/api/recordings?offset=${found.length}&limit=${PAGE}`,
    );
    found.push(...recordings);
    if (recordings.length < PAGE) return found;
  }
}

/** Decoded in a process of its own: two seconds of it must not hold up who measures here. */
export async function playable(file: string): Promise<Playable> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'soak', 'playable.ts'), file], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: PLAYABLE_LIMIT_MS,
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk));
  await once(child, 'close');
  try {
    return JSON.parse(text) as Playable;
  } catch {
    return {
      problem: 'it could not be read',
      endMs: 0,
      apartAtStartMs: 0,
      apartAtEndMs: 0,
      decodeErrors: 1,
      pictures: 0,
    };
  }
}
