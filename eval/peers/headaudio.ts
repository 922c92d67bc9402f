import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Resampler } from '../../src/main/server/audio/resample';
import { FEATURE_RATE_HZ } from '../../src/shared/units';
import { type Mouth, PICTURE_MS } from '../measures';

const PACKAGE = '@met4citizen/headaudio@0.1.0';
/** A browser's usual rate and its worklets' blocks. */
const PEER_RATE_HZ = 48_000;
const BLOCK_SAMPLES = 128;
/** An animation loop of 60 pictures a second. */
const STEP_MS = 1_000 / 60;
/**
 * It works on the sound as it comes, so what it shows is late, and its manual advises to delay the sound by 50 to 100 ms. It
 * is given the longer of the two, with which its lag is nearest to nothing.
 */
export const DELAY_MS = 100;

/** Oculus visemes -> how far they open the lips, as models/recipe/phonemes.py has it for the sounds that they stand for. */
const OPENS: Record<string, number> = {
  viseme_aa: 1,
  viseme_E: 0.55,
  viseme_I: 0.25,
  viseme_O: 0.55,
  viseme_U: 0.25,
  viseme_PP: 0,
  viseme_SS: 0.15,
  viseme_TH: 0.15,
  viseme_DD: 0.18,
  viseme_FF: 0.1,
  viseme_kk: 0.22,
  viseme_nn: 0.18,
  viseme_RR: 0.2,
  viseme_CH: 0.3,
  viseme_sil: 0,
};
/** The largest value that it gives a closure is .75; half of it is shut. */
const SHUT_ABOVE = 0.375;

interface Message {
  event: string;
}

/** Its two classes, as far as they are used here. */
interface Processor {
  process(samples: Float32Array): void;
  _onmessage(message: { data: Message }): void;
}
interface HeadAudioNode {
  port: { onmessage?: (message: { data: Message }) => void };
  onvalue: ((key: string, value: number) => void) | null;
  loadModel(url: string): Promise<void>;
  update(stepMs: number): void;
}

export interface Peer {
  name: string;
  listen(samples: Float32Array): Promise<Mouth>;
}

/**
 * HeadAudio, its own code from npm (MIT), in this process: its worklet's processor and its node's animation, joined by a port
 * that delivers at once. Installs it into the folder for temporary files when it is not there yet.
 * @throws Error that says what to do when npm cannot fetch it
 */
export async function openHeadAudio(
  say: (line: string) => void,
  folder = join(tmpdir(), 'herald-eval-headaudio'),
): Promise<Peer> {
  const modules = join(folder, 'node_modules', '@met4citizen', 'headaudio');
  if (!existsSync(modules)) {
    say(`installing ${PACKAGE} from npm into ${folder}`);
    mkdirSync(folder, { recursive: true });
    const npm = spawnSync(
      'npm',
      ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, PACKAGE],
      {
        encoding: 'utf8',
        shell: process.platform === 'win32',
      },
    );
    if (npm.status !== 0)
      throw new Error(`npm could not install ${PACKAGE}: ${npm.stderr}\nTry again with a network, or without --peer.`);
  }
  const at = (file: string) => pathToFileURL(join(modules, 'modules', file)).href;
  const { Processor } = (await import(at('processor.mjs'))) as {
    Processor: new (options: object, worklet: object) => Processor;
  };
  // The browser's class that its node extends.
  let connect: (node: HeadAudioNode) => void = () => {};
  class WorkletNode {
    readonly port = {};
    constructor() {
      connect(this as unknown as HeadAudioNode);
    }
  }
  Object.assign(globalThis, { AudioWorkletNode: WorkletNode });
  const { HeadAudio } = (await import(at('headaudio.mjs'))) as { HeadAudio: new (context: object) => HeadAudioNode };
  const model = `data:application/octet-stream;base64,${readFileSync(join(modules, 'dist', 'model-en-mixed.bin')).toString('base64')}`;

  const open = async () => {
    let node: HeadAudioNode | undefined;
    const worklet = { port: { postMessage: (data: Message) => node?.port.onmessage?.({ data }) } };
    const processor = new Processor({ sampleRate: PEER_RATE_HZ }, worklet);
    connect = (made) => Object.assign(made.port, { postMessage: (data: Message) => processor._onmessage({ data }) });
    node = new HeadAudio({});
    await node.loadModel(model);
    return { processor, node };
  };

  return {
    name: PACKAGE,
    async listen(samples) {
      const { processor, node } = await open();
      const values: Record<string, number> = {};
      node.onvalue = (key, value) => {
        values[key] = value;
      };
      const resampler = new Resampler(FEATURE_RATE_HZ, PEER_RATE_HZ);
      const silence = new Float32Array(Math.ceil(((DELAY_MS + PICTURE_MS) * PEER_RATE_HZ) / 1_000));
      const heard = [resampler.push(samples), resampler.flush(), silence];
      const mouth: Mouth = { opening: [], shut: [] };
      const count = Math.floor(samples.length / ((FEATURE_RATE_HZ * PICTURE_MS) / 1_000));
      let nowMs = 0;
      let drawnMs = 0;
      for (const part of heard) {
        for (let from = 0; from < part.length; from += BLOCK_SAMPLES) {
          const block = part.subarray(from, from + BLOCK_SAMPLES);
          processor.process(block);
          nowMs += (block.length * 1_000) / PEER_RATE_HZ;
          for (; drawnMs + STEP_MS <= nowMs; drawnMs += STEP_MS) node.update(STEP_MS);
          // What is on screen in the middle of a picture, whose sound is heard `DELAY_MS` later.
          while (mouth.opening.length < count && nowMs >= (mouth.opening.length + 0.5) * PICTURE_MS + DELAY_MS) {
            mouth.opening.push(
              Object.entries(values).reduce((sum, [key, value]) => sum + (OPENS[key] ?? 0) * value, 0),
            );
            mouth.shut.push((values.viseme_PP ?? 0) > SHUT_ABOVE);
          }
        }
      }
      return mouth;
    },
  };
}
