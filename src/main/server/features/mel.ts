import { FEATURE_RATE_HZ } from '../../../shared/units';
import { RealFft } from './fft';

/** Bands of one mel frame, and mel frames of one model window. */
export const MEL_BANDS = 80;
export const MEL_WINDOW_FRAMES = 16;
/** Mel frame k is centred on sample k * MEL_HOP_SAMPLES (12.5 ms) and sees MEL_FRAME_SAMPLES (50 ms) around it. */
export const MEL_HOP_SAMPLES = 200;
export const MEL_FRAME_SAMPLES = 800;
/** What digital silence looks like: the lower clip of the scale. */
export const MEL_SILENCE = -4;
export const PRE_EMPHASIS = 0.97;

const BINS = MEL_FRAME_SAMPLES / 2 + 1;
const LOWEST_HZ = 55;
const HIGHEST_HZ = 7_600;
const FLOOR_MAGNITUDE = 1e-5; // -100 dB
const REFERENCE_DB = 20;

/** Slaney's mel scale (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above. */
const LOG_STEP = Math.log(6.4) / 27;
const hzToMel = (hz: number) => (hz < 1_000 ? (hz * 3) / 200 : 15 + Math.log(hz / 1_000) / LOG_STEP);
const melToHz = (mel: number) => (mel < 15 ? (mel * 200) / 3 : 1_000 * Math.exp(LOG_STEP * (mel - 15)));

interface Band {
  firstBin: number;
  weights: Float64Array;
}

/** Area-normalised triangles; the weights are rounded to float32 because Wav2Lip's (librosa's) are. */
function slaneyBands(): Band[] {
  const lowest = hzToMel(LOWEST_HZ);
  const step = (hzToMel(HIGHEST_HZ) - lowest) / (MEL_BANDS + 1);
  const edges = Array.from({ length: MEL_BANDS + 2 }, (_, i) => melToHz(lowest + i * step));
  return Array.from({ length: MEL_BANDS }, (_, band) => {
    const [left, centre, right] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
    const bins: number[] = [];
    const weights: number[] = [];
    for (let bin = 0; bin < BINS; bin++) {
      const hz = (bin * FEATURE_RATE_HZ) / MEL_FRAME_SAMPLES;
      const height = Math.min((hz - left) / (centre - left), (right - hz) / (right - centre));
      if (height <= 0) continue;
      bins.push(bin);
      weights.push(Math.fround((height * 2) / (right - left)));
    }
    return { firstBin: bins[0]!, weights: Float64Array.from(weights) };
  });
}

/**
 * One mel frame at a time, as Wav2Lip (Prajwal et al., 2020) computes it: Hann window, |FFT|, Slaney bands, decibels, scaled to
 * [-4, 4]. Works on samples that are already pre-emphasised, in float64: in float32 the parity with librosa is lost
 * (2.4e-7 becomes 6.8e-5). Holds its scratch memory, so one instance serves one thread.
 */
export class MelAnalyser {
  private readonly fft = new RealFft(MEL_FRAME_SAMPLES);
  private readonly hann = Float64Array.from(
    { length: MEL_FRAME_SAMPLES },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / MEL_FRAME_SAMPLES),
  );
  private readonly bands = slaneyBands();
  private readonly windowed = new Float64Array(MEL_FRAME_SAMPLES);
  private readonly magnitude = new Float64Array(BINS);

  /**
   * @param emphasised pre-emphasised samples; the frame is [start, start + 800), and what lies outside the array counts as silence
   * @param out receives 80 values at out[at], out[at + stride], ...
   */
  frame(emphasised: Float64Array, length: number, start: number, out: Float32Array, at: number, stride: number): void {
    const { windowed, hann, magnitude, bands } = this;
    const from = Math.max(0, -start);
    const to = Math.min(MEL_FRAME_SAMPLES, length - start);
    let silent = true;
    for (let i = 0; i < MEL_FRAME_SAMPLES; i++) {
      const value = i >= from && i < to ? emphasised[start + i]! : 0;
      windowed[i] = value * hann[i]!;
      if (value !== 0) silent = false;
    }
    if (silent) {
      for (let band = 0; band < MEL_BANDS; band++) out[at + band * stride] = MEL_SILENCE;
      return;
    }
    this.fft.magnitudes(windowed, magnitude);
    for (let band = 0; band < MEL_BANDS; band++) {
      const { firstBin, weights } = bands[band]!;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i]! * magnitude[firstBin + i]!;
      const decibels = 20 * Math.log10(Math.max(FLOOR_MAGNITUDE, sum)) - REFERENCE_DB;
      out[at + band * stride] = Math.min(4, Math.max(-4, (8 * (decibels + 100)) / 100 - 4));
    }
  }
}

/** y[i] = x[i] - 0.97 x[i-1], in float64. `previous` is the sample before the first one (0 at the start of a signal). */
export function preEmphasise(samples: Float32Array, previous: number, out: Float64Array, at: number): void {
  let last = previous;
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]!;
    out[at + i] = sample - PRE_EMPHASIS * last;
    last = sample;
  }
}

/**
 * Mel of a whole 16 kHz mono signal in [-1, 1): `data[band * frames + frame]`, frames = 1 + floor(samples / 200). The ends are
 * padded with zeros after the pre-emphasis (librosa >= 0.9; MelStream does the same, so that both agree to the bit).
 */
export function melSpectrogram(samples: Float32Array): { data: Float32Array; frames: number } {
  const emphasised = new Float64Array(samples.length);
  preEmphasise(samples, 0, emphasised, 0);
  const frames = 1 + Math.floor(samples.length / MEL_HOP_SAMPLES);
  const data = new Float32Array(MEL_BANDS * frames);
  const analyser = new MelAnalyser();
  for (let frame = 0; frame < frames; frame++) {
    const start = frame * MEL_HOP_SAMPLES - MEL_FRAME_SAMPLES / 2;
    analyser.frame(emphasised, emphasised.length, start, data, frame, frames);
  }
  return { data, frames };
}
