import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { recordedTurn, recordingTitle } from '../../../shared/protocol';
import { factsOfId } from './names';

/** What is known of a recording besides its pictures and sound: `<id>.json` beside it. */
export const sidecarSchema = z.object({
  format: z.literal('herald-recording/1'),
  sessionId: z.int(),
  presenter: z.string(),
  title: recordingTitle,
  startedAt: z.iso.datetime(),
  /** Absent until it is known: while it is recorded, and after a crash. */
  durationMs: z.number().min(0).optional(),
  /** Who writes it, or did. */
  pid: z.int().optional(),
  /** It was cut off, and found at a later start. */
  recovered: z.boolean().default(false),
  /** Its index is at the front and seeking is cheap; until then it is playable all the same. */
  ordered: z.boolean().default(false),
  turns: z.array(recordedTurn).default([]),
});
export type SidecarData = z.infer<typeof sidecarSchema>;

/** A book in memory is not a sidecar of ours. */
const MAX_BYTES = 16 * 1024 * 1024;

/** @returns undefined when there is none, or none of ours */
export async function readSidecar(file: string): Promise<SidecarData | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    if (text.length > MAX_BYTES) return undefined;
    return sidecarSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** In one step: a reader, or a crash half-way, sees the old content or the new. It is not worth waiting for the disk. */
export async function writeSidecar(file: string, data: SidecarData): Promise<void> {
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(data, null, 1)}\n`, { mode: 0o644, flag: 'wx' });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** For a recording without a sidecar: what its name says. */
export function sidecarOfId(id: string): SidecarData {
  const { startedAt, presenter, sessionId } = factsOfId(id);
  return newSidecar({ startedAt, presenter, sessionId });
}

export function newSidecar(about: { startedAt: Date; presenter: string; sessionId: number }): SidecarData {
  const { startedAt, presenter, sessionId } = about;
  return {
    format: 'herald-recording/1',
    sessionId,
    presenter,
    title: presenter,
    startedAt: startedAt.toISOString(),
    recovered: false,
    ordered: false,
    turns: [],
  };
}
