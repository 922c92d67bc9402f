import { EspeakTts } from './espeak';
import type { Tts } from './tts';

/** Its worker starts now, so that the first sentence finds it ready; should that fail, the first sentence says why. */
function offlineVoice(): Tts {
  const voice = new EspeakTts();
  voice.warm().catch(() => {});
  return voice;
}

/** Engine name -> factory. A new voice is one file beside this one and one line here. */
const ENGINES: Record<string, () => Tts> = {
  espeak: offlineVoice,
  // What is best without any set-up; the offline voice is the only one that needs none.
  auto: offlineVoice,
};

/** Names that the peers' start scripts pass as `--tts` and that this build cannot serve. */
const PEER_ENGINES = [
  'edgetts',
  'gpt-sovits',
  'xtts',
  'cosyvoice',
  'fishtts',
  'tencent',
  'doubao',
  'azuretts',
  'indextts2',
  'qwentts',
];

export const ttsNames: readonly string[] = Object.keys(ENGINES);

/**
 * Makes the voice engine called `name`. A name that this build does not serve gives the offline voice and a warning
 * instead of an error, so that start scripts written for the peers still come up.
 */
export function createTts(name: string, warn: (message: string) => void): Tts {
  const wanted = name.trim().toLowerCase();
  const make = Object.hasOwn(ENGINES, wanted) ? ENGINES[wanted] : undefined;
  if (make) return make();
  const why = PEER_ENGINES.includes(wanted) ? 'is not available in this version' : 'is not known';
  warn(
    `--tts ${name.slice(0, 60)} ${why}; speaking with the offline voice espeak instead (available: ${ttsNames.join(', ')}).`,
  );
  return new StandIn(offlineVoice());
}

/** The offline voice in another engine's place: voice names are the other engine's and mean nothing here. */
class StandIn implements Tts {
  readonly #voice: Tts;

  constructor(voice: Tts) {
    this.#voice = voice;
  }

  get name(): string {
    return this.#voice.name;
  }

  stream(sentence: string, { voice: _foreign, ...options }: Parameters<Tts['stream']>[1]): ReturnType<Tts['stream']> {
    return this.#voice.stream(sentence, options);
  }

  close(): Promise<void> {
    return this.#voice.close();
  }
}
