import type { PcmChunk } from '../audio/frame';
import { HeraldError } from '../errors';
import { splitSentences } from '../text/sentences';
import { hasSpeech } from '../text/speakable';
import type { Tts, TtsOptions } from '../tts/tts';
import type { Turn } from './turn';
import type { Words } from './words';

/** The sound of a turn, with the places where its segments (sentences) begin and end. */
export type SpeechPart =
  | { kind: 'begin'; text: string }
  | { kind: 'pcm'; chunk: PcmChunk }
  | { kind: 'end'; text: string };

export interface SpeechOptions extends Pick<TtsOptions, 'onFault' | 'onEngine'> {
  tts: Tts;
  /** A sentence that could not be spoken; the ones after it still are. */
  onMissed(error: unknown): void;
}

/** One failed sentence may be its own fault; after two in a row the voice is taken for dead and the turn ends. */
const MOST_MISSED_IN_A_ROW = 2;

/** The words of a turn, sentence by sentence, in order, as the voice speaks them; audio is one segment. */
export async function* speech(turn: Turn, words: Words, options: SpeechOptions): AsyncGenerator<SpeechPart> {
  const { source, signal, clock } = turn;
  if (source.kind === 'audio') {
    yield { kind: 'begin', text: source.text };
    for await (const chunk of source.chunks) {
      clock.mark('firstAudioMs');
      yield { kind: 'pcm', chunk };
    }
    yield { kind: 'end', text: source.text };
    return;
  }
  const { tts, onFault, onEngine, onMissed } = options;
  let spoken = false;
  let missedInARow = 0;
  for await (const sentence of splitSentences(words.pieces)) {
    if (signal.aborted) return;
    if (!hasSpeech(sentence)) continue; // a reply may well end in an emoji
    spoken = true;
    clock.mark('firstSentenceMs');
    let begun = false;
    try {
      for await (const chunk of tts.stream(sentence, {
        ...source.voice,
        context: source.text,
        signal,
        onFault,
        onEngine,
      })) {
        clock.mark('firstAudioMs');
        if (!begun) yield { kind: 'begin', text: sentence };
        begun = true;
        yield { kind: 'pcm', chunk };
      }
      missedInARow = 0;
    } catch (error) {
      if (signal.aborted) throw error;
      onMissed(error);
      if (++missedInARow === MOST_MISSED_IN_A_ROW) return;
    }
    if (begun) yield { kind: 'end', text: sentence };
  }
  if (!spoken && !words.explained)
    throw new HeraldError('refused', 'There is nothing to say in this text: it has no letters or digits');
}
