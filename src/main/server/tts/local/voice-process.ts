import { SpeechTrim } from '../silence';
import type { FromVoice, LoadedVoice, SherpaConfig, ToVoice, VoiceJob } from './messages';

/**
 * The voice process: holds one model of sherpa-onnx. It is a process of its own because sherpa-onnx brings its own ONNX Runtime,
 * and because it ends its process (`exit(-1)`) on models that lack what it needs. It keeps nothing that cannot be made again,
 * and ends with its parent.
 */
type OfflineTts = Awaited<ReturnType<typeof import('sherpa-onnx-node')['default']['OfflineTts']['createAsync']>>;

const jobs: VoiceJob[] = [];
const cancelled = new Set<number>();
let voice: OfflineTts | undefined;
let takesLanguage = false;
let working = false;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The callback keeps a write to a parent that has just gone from becoming an uncaught error. */
const send = (message: FromVoice) => void process.send!(message, undefined, undefined, () => {});

async function load(config: SherpaConfig): Promise<void> {
  const startedMs = performance.now();
  const sherpa = await import('sherpa-onnx-node').catch((error: unknown) => {
    const reason = `sherpa-onnx, which runs the voices of this machine, cannot be loaded (${messageOf(error).split('\n')[0]})`;
    send({ type: 'refused', reason, remedy: 'Run npm install sherpa-onnx-node@1.13.8 in the folder of Herald.' });
  });
  if (!sherpa) return;
  try {
    voice = await sherpa.default.OfflineTts.createAsync(config);
  } catch (error) {
    const reason = `sherpa-onnx refuses the model (${messageOf(error)})`;
    send({ type: 'refused', reason, remedy: 'Download the voice again.' });
    return;
  }
  takesLanguage = config.model.supertonic !== undefined;
  const loaded: LoadedVoice = {
    sampleRateHz: voice.sampleRate,
    speakerCount: voice.numSpeakers,
    loadMs: performance.now() - startedMs,
  };
  send({ type: 'loaded', ...loaded });
  void work();
}

async function work(): Promise<void> {
  if (working || !voice) return;
  working = true;
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    try {
      await speak(voice, job);
    } catch (error) {
      send({ type: 'failed', id: job.id, reason: messageOf(error) });
    }
    cancelled.delete(job.id);
  }
  working = false;
}

async function speak(tts: OfflineTts, { id, pieces, speaker, speed, language }: VoiceJob): Promise<void> {
  const startedMs = performance.now();
  let sampleCount = 0;
  const emit = (samples: Float32Array) => {
    sampleCount += samples.length;
    if (samples.length > 0) send({ type: 'audio', id, samples });
  };
  for (const { text, pauseMs } of pieces) {
    if (cancelled.has(id)) break;
    const trim = new SpeechTrim(tts.sampleRate);
    await tts.generateAsync({
      text,
      sid: speaker,
      speed,
      enableExternalBuffer: false,
      ...(takesLanguage && { generationConfig: { sid: speaker, speed, extra: { lang: language ?? 'en' } } }),
      onProgress: ({ samples }) => {
        if (cancelled.has(id)) return false;
        emit(trim.push(samples));
        return true;
      },
    });
    if (trim.heard && !cancelled.has(id)) emit(trim.finish(pauseMs));
  }
  const speechMs = (sampleCount * 1_000) / tts.sampleRate;
  send({ type: 'done', id, synthesisMs: performance.now() - startedMs, speechMs });
}

if (!process.send) throw new Error('This is the voice process of Herald; it is started by the server.');
process.on('message', (message: ToVoice) => {
  if (message.type === 'load') void load(message.config);
  else if (message.type === 'cancel') cancelled.add(message.id);
  else {
    jobs.push(message.job);
    void work();
  }
});
// Not `exit`: that would run the destructors of a library which may be at work on another thread.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C in a terminal reaches the whole group; when to stop is the parent's decision.
process.on('SIGINT', () => {});
