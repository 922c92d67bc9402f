import { SAMPLE_RATE_HZ } from '../src/shared/units';
import { LipStage } from '../testing/stage';

/** A whole idle loop, so that the network is asked about every picture of it. */
const SILENT_S = 9;
const IDLE_BEFORE = 25;
const IDLE_AFTER = 25;

export interface SilenceScores {
  presenter: string;
  /** Pictures of an idle presenter, and of one that "says" digital silence: mel, inference process, compositor and paste. */
  idle: number;
  silent: number;
  /** How many of each are bit-identical to the avatar's own. */
  idleUntouched: number;
  silentUntouched: number;
}

/** Through the whole walk on virtual time. */
export async function silenceScores(modelFile: string, presenters: readonly string[]): Promise<SilenceScores[]> {
  const scores: SilenceScores[] = [];
  for (const presenter of presenters) {
    const stage = await LipStage.open({ avatarId: presenter, modelFile, readsLips: false });
    try {
      const samples = new Float32Array(SILENT_S * SAMPLE_RATE_HZ);
      const { pictures, speechFrom } = await stage.perform(
        { samples, sampleRateHz: SAMPLE_RATE_HZ },
        { idlePicturesBefore: IDLE_BEFORE, idlePicturesAfter: IDLE_AFTER },
      );
      const untouched = (of: typeof pictures) => of.filter((picture) => picture.untouched).length;
      const silent = pictures.slice(speechFrom, speechFrom + SILENT_S * 25);
      // The mouth that closes behind the turn is at rest already, so that nothing fades.
      const idle = [...pictures.slice(0, speechFrom), ...pictures.slice(speechFrom + SILENT_S * 25)];
      scores.push({
        presenter,
        idle: idle.length,
        silent: silent.length,
        idleUntouched: untouched(idle),
        silentUntouched: untouched(silent),
      });
    } finally {
      await stage.close();
    }
  }
  return scores;
}
