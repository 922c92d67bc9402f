import { constants } from 'node:fs';
import { appendFile, copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { fault } from './fault';
import { onnxMetadata } from './onnx-metadata';

/** The parts of Piper's NAME.onnx.json that matter here; see VoiceConfig in Piper's own sources. */
const settingsSchema = z.object({
  audio: z.object({ sample_rate: z.number().int().min(8_000).max(96_000) }),
  espeak: z.object({ voice: z.string().regex(/^[\w-]+$/) }).optional(),
  language: z.object({ code: z.string() }).partial().optional(),
  inference: z.object({ noise_scale: z.number(), length_scale: z.number(), noise_w: z.number() }).partial().optional(),
  phoneme_type: z.string().optional(),
  phoneme_id_map: z.record(z.string(), z.array(z.number().int().min(0)).min(1)),
  num_speakers: z.number().int().min(1).default(1),
  speaker_id_map: z.record(z.string(), z.number().int().min(0)).default({}),
});

export interface PiperSettings {
  sampleRateHz: number;
  /** What espeak-ng is asked for, e.g. `en-us`. */
  espeakVoice: string;
  /** ISO 639-1. */
  language: string;
  /** BCP 47. */
  locale: string;
  speakerCount: number;
  /** Empty where there is only one. */
  speakers: { name: string; id: number }[];
  /** Phoneme -> its number in the network. */
  tokens: [string, number][];
  noiseScale: number | undefined;
  noiseScaleW: number | undefined;
  lengthScale: number | undefined;
}

/** @throws ProviderError naming the file and what is wrong with it */
export async function readPiperSettings(file: string): Promise<PiperSettings> {
  const name = basename(file);
  let settings: z.infer<typeof settingsSchema>;
  try {
    settings = settingsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const what = issue ? `${issue.path.join('.')}: ${issue.message}` : (error as Error).message;
    throw fault(`${name} cannot be read as the settings of a Piper voice (${what})`, 'Download the voice again.', {
      cause: error,
    });
  }
  const { espeak, phoneme_type: type = 'espeak', inference, language, speaker_id_map: speakers } = settings;
  if (type !== 'espeak' || !espeak) {
    throw fault(
      `${name}: this Piper voice is made of "${type}" phonemes, and sherpa-onnx reads those of espeak-ng only`,
      'Choose another voice of that language.',
    );
  }
  const locale = canonical(language?.code) ?? canonical(espeak.voice) ?? espeak.voice;
  return {
    sampleRateHz: settings.audio.sample_rate,
    espeakVoice: espeak.voice,
    language: locale.split('-')[0]!,
    locale,
    speakerCount: settings.num_speakers,
    speakers:
      settings.num_speakers > 1
        ? Object.entries(speakers)
            .map(([speaker, id]) => ({ name: speaker, id }))
            .sort((a, b) => a.id - b.id)
        : [],
    tokens: Object.entries(settings.phoneme_id_map).map(([phoneme, ids]) => [phoneme, ids[0]!]),
    noiseScale: inference?.noise_scale,
    noiseScaleW: inference?.noise_w,
    lengthScale: inference?.length_scale,
  };
}

/** `en_US` and espeak-ng's `cmn` in BCP 47's spelling. */
function canonical(code: string | undefined): string | undefined {
  try {
    return code === undefined ? undefined : Intl.getCanonicalLocales(code.replace('_', '-'))[0];
  } catch {
    return undefined;
  }
}

/** So that two at the same time do not work in one folder. */
let nextCopy = 0;

export interface PreparedPiper {
  model: string;
  tokens: string;
}

/**
 * Makes a Piper download ready for sherpa-onnx: a copy with the notes that it looks for in the model, and the list of phonemes.
 * Done once; the download itself stays as it is. A file system that can shares the copy's blocks with it.
 * @param dir where copies are kept, named by the voice's folder; a changed download gets a new one, and its old one goes
 */
export async function preparePiper(onnxFile: string, settings: PiperSettings, dir: string): Promise<PreparedPiper> {
  const { size, mtimeMs } = await stat(onnxFile);
  const name = basename(dirname(onnxFile));
  const folder = join(dir, `${name}-${size.toString(36)}-${Math.round(mtimeMs).toString(36)}`);
  const prepared = { model: join(folder, 'model.onnx'), tokens: join(folder, 'tokens.txt') };
  if (await stat(prepared.tokens).catch(() => undefined)) return prepared;

  const workDir = `${folder}.${process.pid}-${nextCopy++}.tmp`;
  try {
    await mkdir(workDir, { recursive: true });
    const copy = join(workDir, 'model.onnx');
    await copyFile(onnxFile, copy, constants.COPYFILE_FICLONE);
    await appendFile(copy, onnxMetadata(notesFor(settings)));
    await writeFile(join(workDir, 'tokens.txt'), tokensText(settings.tokens));
    await rename(workDir, folder);
    await removeOthers(dir, name, basename(folder));
  } catch (error) {
    // Another Herald with the same data folder may have been faster.
    if (await stat(prepared.tokens).catch(() => undefined)) return prepared;
    throw fault(
      `the voice ${name} could not be made ready in ${dir} (${(error as Error).message})`,
      `Make room for ${Math.ceil(size / 1e6)} MB there, and check that it can be written.`,
      { cause: error },
    );
  } finally {
    await rm(workDir, { recursive: true, force: true }).catch(() => {});
  }
  return prepared;
}

/** The copies of a voice that is gone. @param dir see `preparePiper` */
export const removePreparedPiper = (name: string, dir: string): Promise<void> => removeOthers(dir, name);

/** Copies of earlier downloads of the same voice. One that is in use may stay (Windows), and goes the next time. */
async function removeOthers(dir: string, name: string, kept?: string): Promise<void> {
  const copies = (await readdir(dir).catch(() => [])).filter(
    (copy) => copy !== kept && copy.startsWith(`${name}-`) && /^[0-9a-z]+-[0-9a-z]+$/.test(copy.slice(name.length + 1)),
  );
  await Promise.all(copies.map((copy) => rm(join(dir, copy), { recursive: true, force: true }).catch(() => {})));
}

/** As sherpa-onnx's own script for Piper voices writes them. */
const notesFor = ({ espeakVoice, speakerCount, sampleRateHz, locale }: PiperSettings) => ({
  model_type: 'vits',
  comment: 'piper',
  language: locale,
  voice: espeakVoice,
  has_espeak: 1,
  n_speakers: speakerCount,
  sample_rate: sampleRateHz,
});

/** One phoneme a line. A line break cannot stand in such a list, and espeak-ng never makes one. */
const tokensText = (tokens: PiperSettings['tokens']) =>
  tokens
    .filter(([phoneme]) => !/[\r\n]/.test(phoneme))
    .map(([phoneme, id]) => `${phoneme} ${id}\n`)
    .join('');
