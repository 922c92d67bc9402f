import type { EspeakHost } from '../src/main/server/tts/espeak-host';
import { level, sustain } from './speech';
import type { LipStage } from './stage';

export interface HeldSound {
  closedShare: number;
  meanOpeningPx: number;
}

/** Levels at which sounds are compared: that of speech (-22 dBFS), and that of an m within speech (-29 dBFS). */
export const HELD_SOUND_RMS = { loud: 0.08, quiet: 0.035 };
const SECONDS = 1.5;
/** The mouth may take this long to arrive at the sound, and as long to leave it. */
const EDGE_PICTURES = 4;

/** One phoneme, held at a given level from beginning to end, and what the lips do all that time. */
export async function holdSound(
  { stage, espeak }: { stage: LipStage; espeak: EspeakHost },
  voice: string,
  phoneme: 'm' | 'A:',
  rms: number,
): Promise<HeldSound> {
  const pcm = level(await sustain(espeak, voice, phoneme, SECONDS), rms);
  const { pictures, speechFrom } = await stage.perform(pcm);
  const lips = pictures.slice(speechFrom + EDGE_PICTURES, speechFrom + SECONDS * 25 - EDGE_PICTURES).map((p) => p.lips);
  return {
    closedShare: lips.filter(({ closed }) => closed).length / lips.length,
    meanOpeningPx: lips.reduce((sum, { openingPx }) => sum + openingPx, 0) / lips.length,
  };
}

/** Of espeak-ng: speakers that lip-mini never learned from. f3, the default, is not the same in every run. */
export const HELD_SOUND_VOICES = ['gmw/en-US+f3', 'gmw/en-US+m3', 'gmw/en-US+m7', 'gmw/en-US+Annie'];
export const REPEATABLE_HELD_SOUND_VOICES = HELD_SOUND_VOICES.filter((voice) => !voice.endsWith('+f3'));
