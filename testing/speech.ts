import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EspeakTts, synthesizeWithPhonemes } from '../src/main/server/tts/espeak';
import type { EspeakHost } from '../src/main/server/tts/espeak-host';
import { ESPEAK_RATE_HZ } from '../src/main/server/tts/espeak-protocol';
import type { TimedPhoneme } from './opening';
import type { Pcm } from './stage';

/** Sound with the phonemes that it is made of. */
export interface Speech extends Pcm {
  phonemes: TimedPhoneme[];
}

export interface Line {
  /** Of the product's offline voice; `en-us+f3` is its default in English, `cmn+f3` in Mandarin. */
  voice: string;
  text: string;
}

/**
 * Said by nobody before: the sentences are in none of models/recipe/texts.py's lists, and the speakers f3, m3, m7, klatt4 and
 * Annie are those that models/recipe/corpus.py holds out.
 */
export const HELD_OUT_LINES: Line[] = [
  {
    voice: 'en-us+f3',
    text:
      'A plumber brought his toolbox up the stairs. My uncle Abraham bakes pumpkin muffins in autumn. ' +
      'Perhaps nobody will mind if we start the film a little late.',
  },
  {
    voice: 'en-us+m3',
    text:
      'Eleven empty barrels rolled slowly down the ramp. The librarian stamped my card and smiled. ' +
      'If you combine blue and yellow paint you get a warm green.',
  },
  {
    voice: 'en-us+Annie',
    text: 'Behind the cabin lies a pond where frogs jump at dusk. Bring me a map, a lamp and a pair of boots.',
  },
  {
    voice: 'en-us+m7',
    text: 'The orchestra performed a calm and simple waltz. Somebody left a broken umbrella on the bus.',
  },
  {
    voice: 'en-us+klatt4',
    text: 'Our pilot announced a bumpy approach. Most of my people prefer apples above plums.',
  },
  { voice: 'cmn+f3', text: '清晨的阳光照在山坡上，孩子们跑步去学校。爸爸买了一包苹果，妈妈做了米饭和面包。' },
];

/** f3 breathes, and espeak-ng draws that noise anew in every process; the other speakers are the same to the sample. */
export const REPEATABLE_LINES = HELD_OUT_LINES.filter(({ voice }) => !voice.endsWith('+f3'));

export const FLITE_TEXTS = [
  'A plumber brought his toolbox up the stairs.',
  'Perhaps nobody will mind if we start the film a little late.',
  'Eleven empty barrels rolled slowly down the ramp.',
  'Most of my people prefer apples above plums.',
];

export function speak(tts: EspeakTts, { voice, text }: Line): Promise<Speech> {
  return synthesizeWithPhonemes(tts, text, { voice });
}

/** A held sound, as espeak-ng makes it when told the same phoneme again and again: `m` or `A:` in its own notation. */
export async function sustain(espeak: EspeakHost, voice: string, phoneme: string, seconds: number): Promise<Pcm> {
  const text = `[[${phoneme.repeat(Math.ceil(seconds * 12))}]]`;
  const parts: Float32Array[] = [];
  const signal = AbortSignal.timeout(60_000);
  for await (const part of espeak.run({ text, voice, rateWpm: 120 }, signal)) parts.push(part.samples);
  const all = join32(parts);
  // Neither its onset, nor how it ends.
  const from = Math.round(0.1 * ESPEAK_RATE_HZ);
  return { samples: all.slice(from, from + Math.round(seconds * ESPEAK_RATE_HZ)), sampleRateHz: ESPEAK_RATE_HZ };
}

/** The same sound at this RMS level, in every 40 ms of it: equal loudness at any moment. */
export function level({ samples, sampleRateHz }: Pcm, rms: number): Pcm {
  const block = Math.round(sampleRateHz * 0.04);
  const blocks = Math.max(1, Math.floor(samples.length / block));
  const gains = Array.from({ length: blocks }, (_, i) => {
    const part = samples.subarray(i * block, (i + 1) * block);
    return rms / Math.sqrt(part.reduce((sum, x) => sum + x * x, 0) / part.length + 1e-12);
  });
  const gainAt = (at: number) => {
    const i = Math.min(blocks - 1, Math.max(0, at / block - 0.5));
    const next = Math.min(blocks - 1, Math.floor(i) + 1);
    return gains[Math.floor(i)]! + (i - Math.floor(i)) * (gains[next]! - gains[Math.floor(i)]!);
  };
  return { samples: samples.map((x, at) => x * gainAt(at)), sampleRateHz };
}

export const fliteIsInstalled = (): boolean => spawnSync('flite', ['-lv'], { stdio: 'ignore' }).status === 0;

/** The flite voice that models/recipe/corpus.py holds out. */
export const FLITE_VOICE = 'awb';

/** Another synthesiser's speech, with its own phoneme times. */
export function speakWithFlite(text: string, voice = FLITE_VOICE): Speech {
  const dir = mkdtempSync(join(tmpdir(), 'herald-flite-'));
  try {
    const file = join(dir, 'said.wav');
    const args = ['-voice', voice, '-psdur', '-t', text, '-o', file];
    const { stdout, status, stderr } = spawnSync('flite', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`flite: ${stderr}`);
    let startMs = 0;
    const phonemes = [...stdout.matchAll(/([a-z]+):([\d.]+)/g)].map(([, name, endS]) => {
      const phoneme = { startMs, ipa: FLITE_TO_IPA[name!] ?? name! };
      startMs = 1_000 * Number(endS);
      return phoneme;
    });
    return { ...readWav(readFileSync(file)), phonemes };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** One after the other, as one sound. */
export function concatenate(speeches: Speech[]): Speech {
  const { sampleRateHz } = speeches[0]!;
  let startMs = 0;
  const phonemes = speeches.flatMap((speech) => {
    const moved = speech.phonemes.map((phoneme) => ({ ...phoneme, startMs: phoneme.startMs + startMs }));
    startMs += (speech.samples.length * 1_000) / sampleRateHz;
    return moved;
  });
  return { samples: join32(speeches.map(({ samples }) => samples)), sampleRateHz, phonemes };
}

// biome-ignore format: a table
const FLITE_TO_IPA: Record<string, string> = {
  aa: 'ɑ', ae: 'æ', ah: 'ʌ', ao: 'ɔ', aw: 'aʊ', ax: 'ə', ay: 'aɪ', ch: 'tʃ', dh: 'ð', dx: 'ɾ', eh: 'ɛ', er: 'ɚ', ey: 'eɪ',
  hh: 'h', hv: 'h', ih: 'ɪ', iy: 'i', jh: 'dʒ', ng: 'ŋ', ow: 'oʊ', oy: 'ɔɪ', r: 'ɹ', sh: 'ʃ', th: 'θ', uh: 'ʊ', uw: 'u',
  y: 'j', zh: 'ʒ', pau: '',
};

/** 16-bit mono with a plain header, as flite writes it. */
function readWav(bytes: Buffer): Pcm {
  const data = bytes.indexOf('data') + 8;
  const count = Math.floor(Math.min(bytes.readUInt32LE(data - 4), bytes.length - data) / 2);
  const samples = Float32Array.from({ length: count }, (_, i) => bytes.readInt16LE(data + 2 * i) / 32_768);
  return { samples, sampleRateHz: bytes.readUInt32LE(24) };
}

function join32(parts: Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
