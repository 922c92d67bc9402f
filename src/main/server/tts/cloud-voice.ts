import type { HttpVoiceOptions } from './http-audio';
import type { FaultHints } from './http-faults';
import { chosenReference } from './reference';
import type { TtsOptions } from './tts';

/**
 * The name of the voice for one sentence. Clients of the peers send it as `ref_file` of /human or `refaudio` of /offer, and
 * start scripts as `--REF_FILE`, as if it were a recording.
 */
export function chosenVoice(settings: HttpVoiceOptions, options: TtsOptions): string | undefined {
  const reference = chosenReference(settings, options);
  return reference?.requested ? reference.audio : (options.voice ?? settings.voice ?? reference?.audio);
}

/** What to say of a service on the internet, unless a server of one's own was named in its place. */
export const cloudHints = (server: string | undefined): FaultHints =>
  server === undefined
    ? {
        unreachable: 'Check the internet connection.',
        brokenOff: 'Try again; if it goes on, choose another voice with --tts.',
      }
    : {};
