import type { PcmChunk } from '../audio/frame';
import { splitSentences } from '../text/sentences';
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
  for await (const sentence of splitSentences([source.text])) {
    if (signal.aborted) return;
    yield { kind: 'begin', text: sentence };
    for await (const chunk of tts.stream(sentence, { voice: source.voice, signal })) yield { kind: 'pcm', chunk };
    yield { kind: 'end', text: sentence };
  }
}
