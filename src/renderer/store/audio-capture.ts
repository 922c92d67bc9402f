import type { CaptureProblem } from './audio';

/** A recording from the microphone that goes on. */
export interface Capture {
  /** How loud it is now, 0 to 1 on a scale of 60 dB. */
  level(): number;
  /** Ends it; what was said, in the browser's own format. */
  end(): Promise<Blob>;
  /** Ends it without keeping anything. */
  cancel(): void;
}

export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  constructor(readonly problem: CaptureProblem) {
    super(problem);
  }
}

/** Best first; Safari knows only the last one. */
const TYPES = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4'];
const QUIETEST_DB = -60;

/** @throws CaptureError */
export async function startCapture(onLost: () => void): Promise<Capture> {
  // Browsers show the microphone only to pages of https and of this very machine.
  if (!navigator.mediaDevices) throw new CaptureError(window.isSecureContext ? 'unsupported' : 'insecure');
  if (typeof MediaRecorder === 'undefined') throw new CaptureError('unsupported');
  const stream = await navigator.mediaDevices
    .getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true } })
    .catch((error: unknown) => {
      throw new CaptureError(problemOf(error));
    });
  const letGo = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  let context: AudioContext | undefined;
  try {
    context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1_024;
    context.createMediaStreamSource(stream).connect(analyser);
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
    return begin(recorder, stream, analyser, context, letGo, onLost);
  } catch {
    letGo();
    void context?.close();
    throw new CaptureError('failed');
  }
}

function begin(
  recorder: MediaRecorder,
  stream: MediaStream,
  analyser: AnalyserNode,
  context: AudioContext,
  letGo: () => void,
  onLost: () => void,
): Capture {
  const pieces: Blob[] = [];
  const samples = new Float32Array(analyser.fftSize);
  let over = false;
  recorder.ondataavailable = ({ data }) => data.size > 0 && pieces.push(data);
  recorder.start(1_000);
  // The device was pulled out, or leave was taken back: what was said until then is kept.
  for (const track of stream.getTracks()) track.onended = () => over || onLost();
  const close = () => {
    over = true;
    letGo();
    void context.close();
  };
  return {
    level() {
      analyser.getFloatTimeDomainData(samples);
      let sum = 0;
      for (const sample of samples) sum += sample * sample;
      const db = 10 * Math.log10(sum / samples.length + 1e-12);
      return Math.min(1, Math.max(0, 1 - db / QUIETEST_DB));
    },
    end: () =>
      new Promise((resolve) => {
        const done = () => {
          close();
          resolve(new Blob(pieces, { type: recorder.mimeType }));
        };
        if (recorder.state === 'inactive') done();
        else {
          recorder.onstop = done;
          recorder.stop();
        }
      }),
    cancel() {
      if (recorder.state !== 'inactive') recorder.stop();
      close();
    },
  };
}

function problemOf(error: unknown): CaptureProblem {
  switch ((error as { name?: string }).name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}
