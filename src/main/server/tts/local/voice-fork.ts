import { type ChildLink, linkTo } from '../../child-link';
import type { FromVoice, ToVoice } from './messages';

/** A running voice process. */
export interface VoiceProcess extends Omit<ChildLink<ToVoice, FromVoice>, 'send'> {
  send(message: ToVoice): void;
}

export const forkVoice = (): VoiceProcess => linkTo<ToVoice, FromVoice>('local-voice', 'voice-process', { reasonIn });

/** What sherpa-onnx (`/path/file.cc:Function:123 text`) or C++ (`  what():  text`) said last. */
function reasonIn(lastLine: string): string {
  return lastLine
    .replace(/^\S+\.(?:cc|h):\S*:\d+\s+/, '')
    .replace(/^\s*what\(\):\s*/, '')
    .trim();
}
