import { parentPort } from 'node:worker_threads';
import load from '@echogarden/espeak-ng-emscripten';
import { ESPEAK_RATE_HZ, type EspeakJob, type EspeakReply, type Phoneme } from './espeak-protocol';

// espeak-ng clips inside at volume 100 (measured: Cantonese peaks at 0 dBFS), so it runs quieter and the gain comes after.
const VOLUME_PERCENT = 80;
const GAIN = 100 / VOLUME_PERCENT / 32_768;
const KNEE = 0.8;

/** Linear up to the knee, then bent so that nothing passes full scale. Speech lands near -20 dBFS RMS. */
function toFloat(pcm: Int16Array): Float32Array {
  const out = new Float32Array(pcm.length);
  for (let i = 0; i < pcm.length; i++) {
    const x = pcm[i]! * GAIN;
    const over = Math.abs(x) - KNEE;
    out[i] = over <= 0 ? x : Math.sign(x) * (KNEE + (1 - KNEE) * Math.tanh(over / (1 - KNEE)));
  }
  return out;
}

const port = parentPort;
if (!port) throw new Error('espeak-worker is started by EspeakHost');
const reply = (message: EspeakReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

// espeak-ng seeds the breath noise of its softer speakers (f3) with the time of its start. With one and the same time here, a new
// worker says the same words with the same samples: clips can be made again, to the bit.
const dateNow = Date.now;
Date.now = () => 1_000_000;
const espeak = await load();
const engine = new espeak.eSpeakNGWorker();
Date.now = dateNow;
if (engine.get_samplerate() !== ESPEAK_RATE_HZ) throw new Error(`espeak-ng speaks at ${engine.get_samplerate()} Hz`);

function speak(job: EspeakJob): void {
  const cancel = new Int32Array(job.cancel);
  const cancelled = () => Atomics.load(cancel, 0) !== 0;
  if (cancelled()) return;
  if (engine.set_voice(job.voice) !== 0) throw new Error(`espeak-ng does not know the voice ${job.voice}`);
  engine.set_rate(job.rateWpm);
  engine.set_volume(VOLUME_PERCENT);
  engine.set_pitch(job.pitch ?? 50);
  engine.synthesize(job.text, (pcm, events) => {
    if (cancelled()) return true;
    const phonemes: Phoneme[] = events
      .filter((event) => event.type === 'phoneme')
      .map((event) => ({ startMs: event.audio_position, ipa: String(event.id ?? '') }));
    const samples = toFloat(pcm);
    if (samples.length > 0 || phonemes.length > 0) {
      reply({ type: 'audio', id: job.id, samples, phonemes }, [samples.buffer as ArrayBuffer]);
    }
    return false;
  });
}

// The first synthesis compiles and pages in for ~20 ms: do it before anyone waits.
engine.set_voice('gmw/en-US');
engine.synthesize('a', () => false);

port.on('message', (job: EspeakJob) => {
  try {
    speak(job);
    reply({ type: 'done', id: job.id });
  } catch (error) {
    reply({ type: 'failed', id: job.id, message: error instanceof Error ? error.message : String(error) });
  }
});

reply({
  type: 'ready',
  catalogue: {
    voices: engine
      .list_voices()
      .map(({ name, identifier, languages }) => ({ name, identifier, languages: languages.map((tag) => tag.name) })),
    variants: espeak.FS.readdir('/usr/share/espeak-ng-data/voices/!v').filter((name) => !name.startsWith('.')),
  },
});
