import type { I420Picture } from '../src/main/server/avatar/avatar';
import type { EspeakTts } from '../src/main/server/tts/espeak';
import type { EspeakHost } from '../src/main/server/tts/espeak-host';
import { PICTURE_MS } from '../src/shared/units';
import { level, speak, sustain } from './speech';
import type { LipStage, Pcm, SentPicture } from './stage';

/** A picture of a sheet, with what stands under it. */
export interface Tile {
  caption: string;
  picture: I420Picture;
}

/** Visemes, each with a sound of it in espeak-ng's notation. */
export const SHOWN_VISEMES: [viseme: string, phoneme: string][] = [
  ['PP', 'm'],
  ['FF', 'f'],
  ['aa', 'A:'],
  ['E', 'E'],
  ['ih', 'i:'],
  ['oh', 'O:'],
  ['ou', 'u:'],
  ['SS', 's'],
];
export const SENTENCE = 'My paper boat moves far over the blue pool.';
const HELD_S = 0.7;
/** Level of speech (-22 dBFS). */
const HELD_RMS = 0.08;
const IDLE_PICTURES = 225;

const copied = ({ widthPx, heightPx, data }: I420Picture): I420Picture => ({ widthPx, heightPx, data: data.slice() });

/** The idle loop, from its first picture to its last. */
export async function idleTiles(stage: LipStage, count: number): Promise<Tile[]> {
  const tiles: Tile[] = [];
  const step = Math.floor(IDLE_PICTURES / count);
  const onPicture = (picture: I420Picture, { index }: SentPicture) => {
    if (index !== tiles.length * step || tiles.length >= count) return;
    tiles.push({ caption: `${((index * PICTURE_MS) / 1_000).toFixed(1)} s`, picture: copied(picture) });
  };
  await stage.perform(undefined, { idlePicturesBefore: IDLE_PICTURES, onPicture });
  return tiles;
}

/** Each viseme at the middle of its sound, as it is sent to a viewer. */
export async function visemeTiles(stage: LipStage, espeak: EspeakHost, speaker: string): Promise<Tile[]> {
  const tiles: Tile[] = [];
  for (const [viseme, phoneme] of SHOWN_VISEMES) {
    const held = level(await sustain(espeak, speaker, phoneme, HELD_S), HELD_RMS);
    const spoken = await spokenPictures(stage, held);
    tiles.push({ caption: viseme, picture: spoken[Math.round((HELD_S * 1_000) / PICTURE_MS / 2)]! });
  }
  return tiles;
}

/** Every second picture of a sentence, with the sound that is said then. */
export async function sentenceTiles(stage: LipStage, tts: EspeakTts, voice: string, count: number): Promise<Tile[]> {
  const speech = await speak(tts, { voice, text: SENTENCE });
  const pictures = await spokenPictures(stage, speech);
  const first = Math.max(0, Math.floor(speech.phonemes[0]!.startMs / PICTURE_MS));
  return Array.from({ length: count }, (_, i) => first + 2 * i)
    .filter((at) => pictures[at])
    .map((at) => {
      const ms = (at + 0.5) * PICTURE_MS;
      const said = speech.phonemes.findLast(({ startMs }) => startMs <= ms)?.ipa ?? '';
      return { caption: `${said ? `/${said}/ ` : ''}${at * PICTURE_MS} ms`, picture: pictures[at]! };
    });
}

async function spokenPictures(stage: LipStage, pcm: Pcm): Promise<I420Picture[]> {
  const pictures: I420Picture[] = [];
  const { speechFrom } = await stage.perform(pcm, { onPicture: (picture) => void pictures.push(copied(picture)) });
  return pictures.slice(speechFrom);
}
