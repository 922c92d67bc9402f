import type { PcmChunk } from '../audio/frame';
import type { ProviderError } from '../provider-error';
import { splitSentences } from '../text/sentences';
import { hasSpeech } from '../text/speakable';
import type { Tts, TtsOptions } from '../tts/tts';
import { runAhead } from './ahead';
import type { Turn } from './turn';

/** Of the sentence that is prepared; the rest of a longer one follows while this is heard. */
const MAX_AHEAD_MS = 15_000;

interface Prepared {
  turn: Turn;
  /** Undefined until it is known. */
  sentence?: string;
  sound?: AsyncGenerator<PcmChunk>;
  first?: Promise<IteratorResult<PcmChunk>>;
  /** What the voice told meanwhile: nobody is to hear of it before the turn begins. */
  told: ((options: TtsOptions) => void)[];
  listener?: TtsOptions;
}

/**
 * A voice that knows which turn comes next: as soon as it has nothing left to do for the one that is heard, it is given the
 * next one's first sentence, so that between two lines of a script there is a pause and not the time it takes to answer.
 * Only text that is known already; a question waits for the answer before it.
 */
export class HeadStart {
  private prepared: Prepared | undefined;

  constructor(private readonly tts: Tts) {}

  /** Begins with the turn's first sentence, unless that has begun. Ends by itself when the turn is interrupted. */
  prepare(turn: Turn | undefined): void {
    if (turn?.source.kind !== 'echo' || turn.ended || this.prepared?.turn === turn) return;
    const prepared: Prepared = { turn, told: [] };
    this.prepared = prepared;
    // A voice that fails now is asked again when the turn comes, and may fail then.
    this.begin(prepared).catch(() => {});
  }

  /** The voice of a turn that begins: its first sentence may be there. */
  voiceOf(turn: Turn): Tts {
    const prepared = this.prepared?.turn === turn ? this.prepared : undefined;
    this.prepared = undefined;
    if (!prepared) return this.tts;
    const { tts } = this;
    return {
      name: tts.name,
      stream: (sentence, options) =>
        prepared.sentence === sentence && prepared.sound ? goOn(prepared, options) : tts.stream(sentence, options),
      close: () => tts.close(),
    };
  }

  private async begin(prepared: Prepared): Promise<void> {
    const { turn, told } = prepared;
    const { source, signal } = turn;
    const sentence = await firstSentence(source.text);
    if (sentence === undefined || signal.aborted || this.prepared !== prepared || source.kind !== 'echo') return;
    const tell = (what: (options: TtsOptions) => void) => {
      if (prepared.listener) what(prepared.listener);
      else told.push(what);
    };
    const stream = this.tts.stream(sentence, {
      ...source.voice,
      context: source.text,
      signal,
      onFault: (fault: ProviderError, next?: string) => tell(({ onFault }) => onFault?.(fault, next)),
      onEngine: (engine: string) => tell(({ onEngine }) => onEngine?.(engine)),
    });
    prepared.sentence = sentence;
    const sound = runAhead(stream, { weigh: durationMs, most: MAX_AHEAD_MS, signal });
    prepared.sound = sound;
    prepared.first = sound.next();
    prepared.first.catch(() => {}); // whoever takes the sentence up is told
    signal.addEventListener('abort', () => void sound.return(undefined).catch(() => {}), { once: true });
  }
}

async function* goOn(prepared: Prepared, options: TtsOptions): AsyncGenerator<PcmChunk> {
  prepared.listener = options;
  for (const what of prepared.told.splice(0)) what(options);
  const chunk = await prepared.first!;
  if (chunk.done) return;
  yield chunk.value;
  yield* prepared.sound!;
}

async function firstSentence(text: string): Promise<string | undefined> {
  for await (const sentence of splitSentences([text])) if (hasSpeech(sentence)) return sentence;
  return undefined;
}

const durationMs = ({ samples, sampleRateHz }: PcmChunk): number => (samples.length / sampleRateHz) * 1_000;
