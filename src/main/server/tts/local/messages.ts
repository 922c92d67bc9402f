/** What a voice process and the server say to each other. */

/** sherpa-onnx's `OfflineTtsModelConfig`: exactly one family, its paths absolute. */
export interface SherpaModel {
  vits?: VitsFiles;
  matcha?: { acousticModel: string; vocoder: string; tokens: string; lexicon?: string; dataDir?: string };
  kokoro?: { model: string; voices: string; tokens: string; dataDir: string; lexicon?: string };
  kitten?: { model: string; voices: string; tokens: string; dataDir: string };
  supertonic?: {
    durationPredictor: string;
    textEncoder: string;
    vectorEstimator: string;
    vocoder: string;
    ttsJson: string;
    unicodeIndexer: string;
    voiceStyle: string;
  };
}

interface VitsFiles {
  model: string;
  tokens: string;
  lexicon?: string;
  dataDir?: string;
  noiseScale?: number;
  noiseScaleW?: number;
  lengthScale?: number;
}

/** sherpa-onnx's `OfflineTtsConfig`. */
export interface SherpaConfig {
  model: SherpaModel & { numThreads: number; provider: 'cpu'; debug: false };
  /** Text normalisation of Chinese models, comma-separated paths. */
  ruleFsts?: string;
  maxNumSentences: 1;
}

export interface Piece {
  text: string;
  /** The silence that follows it. */
  pauseMs: number;
}

export interface VoiceJob {
  id: number;
  pieces: Piece[];
  speaker: number;
  speed: number;
  /** ISO 639-1; only models that read several languages by themselves ask for it. */
  language?: string;
}

export interface LoadedVoice {
  sampleRateHz: number;
  speakerCount: number;
  loadMs: number;
}

export type ToVoice =
  | { type: 'load'; config: SherpaConfig }
  | { type: 'speak'; job: VoiceJob }
  | { type: 'cancel'; id: number };

export type FromVoice =
  | ({ type: 'loaded' } & LoadedVoice)
  /** The model or sherpa-onnx itself cannot be used; the process is of no use. */
  | { type: 'refused'; reason: string; remedy: string }
  | { type: 'audio'; id: number; samples: Float32Array }
  /** `synthesisMs` is time spent; `speechMs` is the length of what came of it. */
  | { type: 'done'; id: number; synthesisMs: number; speechMs: number }
  | { type: 'failed'; id: number; reason: string };
