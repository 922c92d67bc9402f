import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeraldError } from '../../errors';
import { CATALOGUE_HOST, type CatalogueVoice } from './catalogue';
import { downloadFile } from './download';
import { recogniseModel } from './models';

export interface InstallOptions {
  modelsDir: string;
  /** A mirror of Hugging Face: same paths, another address. */
  host?: string;
  signal: AbortSignal;
  /** Of the whole voice, as far as its size is known. */
  onProgress?: (progress: { receivedBytes: number; totalBytes: number }) => void;
  stallMs?: number;
  retryMs?: number;
  mirrorSetting?: string;
}

/**
 * Downloads a voice into `modelsDir/NAME`. Until all of it is there and can be recognised, it is in a hidden folder beside it, where
 * a later call finds what has come. The sums of the files, as they came, are kept in SHA256SUMS.
 * @returns the voice's folder
 * @throws HeraldError('refused') that says what to do; ProviderError for files that are no voice; the signal's reason
 */
export async function installVoice(voice: CatalogueVoice, options: InstallOptions): Promise<string> {
  const { modelsDir, host = CATALOGUE_HOST, signal, onProgress, ...limits } = options;
  const folder = join(modelsDir, voice.name);
  if (await stat(folder).catch(() => undefined)) {
    throw new HeraldError('refused', `${folder} is there already. Delete it to download ${voice.name} again.`);
  }
  const workDir = join(modelsDir, `.${voice.name}.download`);
  await mkdir(workDir, { recursive: true });
  const sums: string[] = [];
  let before = 0;
  for (const { path, name, ...known } of voice.files) {
    const file = join(workDir, name);
    const sha256 = await downloadFile(
      { url: `${host.replace(/\/+$/, '')}${path}`, file, ...known },
      {
        ...limits,
        signal,
        onProgress: ({ receivedBytes }) =>
          onProgress?.({
            receivedBytes: before + receivedBytes,
            totalBytes: Math.max(voice.sizeBytes, before + receivedBytes),
          }),
      },
    );
    before += (await stat(file)).size;
    sums.push(`${sha256}  ${name}\n`);
  }
  await writeFile(join(workDir, 'SHA256SUMS'), sums.join(''));
  try {
    await recogniseModel(workDir);
  } catch (error) {
    await rm(workDir, { recursive: true, force: true });
    throw error;
  }
  await rename(workDir, folder);
  return folder;
}
