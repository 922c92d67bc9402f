import { existsSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CatalogueVoiceView } from '../../../../shared/library-protocol';
import { HeraldError } from '../../errors';
import type { Log } from '../../log';
import { ProviderError } from '../../provider-error';
import { CATALOGUE, type CatalogueVoice } from './catalogue';
import { findModel } from './choose';
import { installVoice } from './install';
import { recogniseModel } from './models';
import { removePreparedPiper } from './piper';

export interface VoiceDownloadsOptions {
  /** Where installed voices are, one folder each. */
  modelsDir: string;
  /** Where copies of them are kept that were made ready. */
  cacheDir: string;
  /** Address of the host to download from, as it is set now. */
  host(): string;
  /** The voice that the settings name, if any. */
  chosen(): string | undefined;
  /** A voice came or went. */
  onChange(): void;
  log: Log;
  catalogue?: readonly CatalogueVoice[];
  /** See DownloadOptions. */
  stallMs?: number;
  retryMs?: number;
}

interface Download {
  state: 'queued' | 'downloading' | 'checking';
  receivedBytes: number;
  stop: AbortController;
  ended: Promise<void>;
}

const PAUSED = new DOMException('The download was paused', 'AbortError');

/**
 * The voices of the catalogue, and their way onto this machine: one after another, each to be paused and gone on with, also after a
 * restart, because what has come stays in a hidden folder.
 */
export class VoiceDownloads {
  private readonly catalogue: readonly CatalogueVoice[];
  private readonly downloads = new Map<string, Download>();
  private readonly problems = new Map<string, string>();
  private tail: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: VoiceDownloadsOptions) {
    this.catalogue = options.catalogue ?? CATALOGUE;
  }

  list(): Promise<CatalogueVoiceView[]> {
    return Promise.all(this.catalogue.map((voice) => this.viewOf(voice)));
  }

  /** @throws HeraldError('not-found') */
  view(name: string): Promise<CatalogueVoiceView> {
    return this.viewOf(this.voice(name));
  }

  /** Begins, or goes on; does nothing where it is under way or done. @throws HeraldError('not-found') */
  async start(name: string): Promise<CatalogueVoiceView> {
    const voice = this.voice(name);
    if (this.closed) throw new HeraldError('limit', 'Herald is closing');
    if (!this.downloads.has(name) && !existsSync(this.folderOf(name))) {
      this.problems.delete(name);
      const stop = new AbortController();
      const download: Download = { state: 'queued', receivedBytes: await this.partBytes(name), stop, ended: this.tail };
      // Somebody else may have begun while the disk was looked at.
      if (!this.downloads.has(name)) {
        this.downloads.set(name, download);
        download.ended = this.tail = this.tail.then(() => this.run(voice, download));
      }
    }
    return this.viewOf(voice);
  }

  /** Keeps what has come. @throws HeraldError('not-found') */
  async pause(name: string): Promise<CatalogueVoiceView> {
    const voice = this.voice(name);
    await this.stop(name);
    return this.viewOf(voice);
  }

  /** Deletes the installed voice, or what has come of it. @throws HeraldError('not-found'), ('refused') */
  async remove(name: string): Promise<void> {
    const voice = this.voice(name);
    const folder = this.folderOf(name);
    const chosen = this.options.chosen()?.split(':')[0];
    if (existsSync(folder) && chosen !== undefined && findModel([voice], chosen)) {
      throw new HeraldError('refused', `${name} stays: the setting "voice" names it. Choose another voice first`);
    }
    await this.stop(name);
    this.problems.delete(name);
    if (existsSync(folder)) await this.uninstall(name, folder);
    await rm(this.partFolderOf(name), { recursive: true, force: true });
  }

  /** Resolves when no download is under way; what has come stays. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { stop } of this.downloads.values()) stop.abort(PAUSED);
    await this.tail;
  }

  private async run(voice: CatalogueVoice, download: Download): Promise<void> {
    const { modelsDir, host, log, onChange, stallMs, retryMs } = this.options;
    const { name, sizeBytes } = voice;
    const { signal } = download.stop;
    try {
      signal.throwIfAborted();
      download.state = 'downloading';
      await installVoice(voice, {
        modelsDir,
        host: host(),
        signal,
        mirrorSetting: 'voice_mirror',
        ...(stallMs !== undefined && { stallMs }),
        ...(retryMs !== undefined && { retryMs }),
        onProgress: ({ receivedBytes, totalBytes }) => {
          download.receivedBytes = Math.min(receivedBytes, sizeBytes);
          if (receivedBytes >= totalBytes) download.state = 'checking';
        },
      });
      log.info(`the voice ${name} is installed`);
      this.downloads.delete(name);
      onChange();
    } catch (error) {
      this.downloads.delete(name);
      if (signal.aborted) return;
      const problem = error instanceof ProviderError ? `${error.reason}. ${error.remedy}` : (error as Error).message;
      this.problems.set(name, problem);
      log.warn(`the voice ${name} was not installed: ${problem}`);
    }
  }

  private async stop(name: string): Promise<void> {
    const download = this.downloads.get(name);
    if (!download) return;
    const waiting = download.state === 'queued';
    download.stop.abort(PAUSED);
    if (waiting) this.downloads.delete(name);
    else await download.ended;
  }

  /** Out of sight first, so that no engine begins to load it while its files go. */
  private async uninstall(name: string, folder: string): Promise<void> {
    const { modelsDir, cacheDir, onChange } = this.options;
    const going = join(modelsDir, `.${name}.removed`);
    await rm(going, { recursive: true, force: true });
    await rename(folder, going).catch((error: NodeJS.ErrnoException) => {
      // Windows keeps files that are open.
      throw new HeraldError(
        'refused',
        `${name} stays: it is in use (${error.code}). Choose another voice, then try again`,
      );
    });
    onChange();
    await rm(going, { recursive: true, force: true });
    await removePreparedPiper(name, join(cacheDir, 'piper'));
  }

  private async viewOf({ name, language, licence, sizeBytes }: CatalogueVoice): Promise<CatalogueVoiceView> {
    const about = { name, language, ...(licence !== undefined && { licence }), bytes: sizeBytes };
    const download = this.downloads.get(name);
    if (download) return { ...about, state: download.state, receivedBytes: download.receivedBytes };
    if (existsSync(this.folderOf(name))) {
      const broken = await brokenness(this.folderOf(name));
      if (broken === undefined) return { ...about, state: 'installed', receivedBytes: sizeBytes };
      return { ...about, state: 'failed', receivedBytes: 0, problem: broken };
    }
    const receivedBytes = Math.min(sizeBytes, await this.partBytes(name));
    const problem = this.problems.get(name);
    if (problem !== undefined) return { ...about, state: 'failed', receivedBytes, problem };
    return { ...about, state: receivedBytes > 0 ? 'paused' : 'absent', receivedBytes };
  }

  private async partBytes(name: string): Promise<number> {
    const folder = this.partFolderOf(name);
    const files = await readdir(folder).catch(() => []);
    const kept = files.filter((file) => !file.endsWith('.etag'));
    const sizes = await Promise.all(
      kept.map((file) =>
        stat(join(folder, file)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  private voice(name: string): CatalogueVoice {
    const voice = this.catalogue.find((known) => known.name === name);
    if (voice) return voice;
    throw new HeraldError(
      'not-found',
      `${JSON.stringify(name.slice(0, 60))} is not in the catalogue; /api/voices/catalogue lists it`,
    );
  }

  private folderOf = (name: string): string => join(this.options.modelsDir, name);
  /** Where `installVoice` works. */
  private partFolderOf = (name: string): string => join(this.options.modelsDir, `.${name}.download`);
}

/** Why an installed voice cannot be used, undefined where it can. */
async function brokenness(folder: string): Promise<string | undefined> {
  try {
    await recogniseModel(folder);
    return undefined;
  } catch (error) {
    return error instanceof ProviderError
      ? `${error.reason}. Remove it and download it again.`
      : (error as Error).message;
  }
}
