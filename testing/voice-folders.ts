import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onnxMetadata } from '../src/main/server/tts/local/onnx-metadata';

/** A file that has the outline of an ONNX model (IR version, producer, a graph) and these notes. It cannot speak. */
export function outlineOnnx(notes: Record<string, string | number> = {}, graphBytes = 300): Buffer {
  const length = [(graphBytes & 0x7f) | 0x80, graphBytes >> 7];
  const graph = Buffer.concat([Buffer.from([(7 << 3) | 2, ...length]), Buffer.alloc(graphBytes, 0x5a)]);
  const producer = Buffer.from([(2 << 3) | 2, 4, ...Buffer.from('test')]);
  return Buffer.concat([Buffer.from([1 << 3, 8]), producer, graph, onnxMetadata(notes)]);
}

/** As Piper's settings files are, with three phonemes. */
export const piperSettings = (changes: object = {}): string =>
  JSON.stringify({
    audio: { sample_rate: 22_050, quality: 'medium' },
    espeak: { voice: 'en-us' },
    language: { code: 'en_US', family: 'en' },
    inference: { noise_scale: 0.667, length_scale: 1, noise_w: 0.8 },
    phoneme_type: 'espeak',
    phoneme_id_map: { _: [0], '^': [1], ' ': [3], '\n': [4], ə: [59] },
    num_speakers: 1,
    speaker_id_map: {},
    ...changes,
  });

/** A folder of its own under the system's temporary one, removed again by `remove`. */
export async function temporaryFolder(): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'herald-voices-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Writes files below a folder; an undefined content makes an empty folder. */
export async function writeFiles(dir: string, files: Record<string, string | Buffer | undefined>): Promise<string> {
  await mkdir(dir, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    if (content === undefined) await mkdir(join(dir, name), { recursive: true });
    else await writeFile(join(dir, name), content);
  }
  return dir;
}
