import { link, rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SessionEvent } from '../../../shared/protocol';
import type { Log } from '../log';
import type { PartFile } from '../outputs/recorder/part-file';
import type { filesOf, MediaName } from './names';
import { newSidecar, type SidecarData, writeSidecar } from './sidecar';
import { TurnLog } from './turn-log';

/** A recording while it is made: its part file, and its sidecar, which a crash must find on the disk. */
export class Draft {
  private readonly log = new TurnLog();
  private readonly about: SidecarData;
  private saving: Promise<void> | undefined;
  private saveAgain = false;

  constructor(
    readonly name: MediaName,
    readonly part: PartFile,
    private readonly files: ReturnType<typeof filesOf>,
    about: Parameters<typeof newSidecar>[0],
    private readonly logger: Log,
  ) {
    this.about = { ...newSidecar(about), pid: process.pid, turns: this.log.turns };
    this.save();
  }

  /** The file's name once it is finished. */
  get file(): string {
    return basename(this.files.media);
  }

  /** What is said is kept, with the time it has in the recording. */
  note(event: SessionEvent, atMs: number): void {
    if (this.log.note(event, atMs)) this.save();
  }

  /**
   * The part file, closed by now, becomes a recording. Never over another file.
   * @throws the file system's error; the part stays where it is and is found at the next start
   */
  async finish(durationMs: number): Promise<void> {
    this.log.end(durationMs);
    await this.saved();
    const { pid: _, ...about } = this.about;
    await renameNew(this.files.part, this.files.media);
    // A disk that is full has no room for this either; the name and the file itself tell enough.
    await writeSidecar(this.files.sidecar, { ...about, durationMs: Math.round(durationMs) }).catch((error: unknown) =>
      this.logger.warn(`${this.files.sidecar} cannot be written: ${error instanceof Error ? error.message : error}`),
    );
  }

  /** Nothing came of it. */
  async discard(): Promise<void> {
    await this.saved();
    await Promise.all([rm(this.files.part, { force: true }), rm(this.files.sidecar, { force: true })]);
  }

  private save(): void {
    if (this.saving) {
      this.saveAgain = true;
      return;
    }
    this.saving = writeSidecar(this.files.sidecar, this.about)
      .catch(() => {}) // what the disk has against it is told by the recording itself
      .finally(() => {
        this.saving = undefined;
        if (this.saveAgain) {
          this.saveAgain = false;
          this.save();
        }
      });
  }

  private async saved(): Promise<void> {
    while (this.saving) await this.saving;
  }
}

/** rename(2) overwrites; a hard link does not. Where the disk knows no links, the name is looked for first. */
export async function renameNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    if (await stat(to).catch(() => undefined)) throw error;
    await rename(from, to);
    return;
  }
  await rm(from);
}
