import type { PcmChunk } from '../audio/frame';
import { HeraldError } from '../errors';
import { splitSentences } from '../text/sentences';
import { hasSpeech } from '../text/speakable';
import type { Tts } from '../tts/tts';
import type { TurnSource } from './turn';

/** The sound of a turn, with the places where its segments (sentences) begin and end. */
export type SpeechPart =
  | { kind: 'begin'; text: string }
  | { kind: 'pcm'; chunk: PcmChunk }
  | { kind: 'end'; text: string };

/** Text is split and spoken sentence by sentence, in order; audio is one segment. */
export async function* speech(source: TurnSource, tts: Tts, signal: AbortSignal): AsyncIterable<SpeechPart> {
  if (source.kind === 'audio') {
    yield { kind: 'begin', text: source.label };
    for await (const chunk of source.chunks) yield { kind: 'pcm', chunk };
    yield { kind: 'end', text: source.label };
    return;
  }
  let spoken = false;
  for await (const sentence of splitSentences([source.text])) {
    if (signal.aborted) return;
    if (!hasSpeech(sentence)) continue; // a reply may well end in an emoji
    spoken = true;
    yield { kind: 'begin', text: sentence };
    for await (const chunk of tts.stream(sentence, { voice: source.voice, signal })) yield { kind: 'pcm', chunk };
    yield { kind: 'end', text: sentence };
  }
  if (!spoken) throw new HeraldError('refused', 'There is nothing to say in this text: it has no letters or digits');
}
