import type { SessionEvent, SessionSummary } from '../../../shared/protocol';
import type { VoiceSettings } from '../tts/tts';

/**
 * What the HTTP layer may ask of sessions. `registry.ts` implements it; route tests stand in a small fake.
 * Every method throws `HeraldError` with a message for people.
 */
export interface SessionDirectory {
  /** Negotiates and starts a session; waits briefly for a place at the limit. Aborting the signal releases the place. */
  offer(request: OfferInput): Promise<OfferAnswer>;
  get(sessionId: number): SessionHandle | undefined;
  list(): SessionSummary[];
  /** Returns false when there is no such session. */
  close(sessionId: number, reason: string): Promise<boolean>;
}

export interface OfferInput {
  sdp: string;
  avatar?: string;
  /** How this session speaks unless a text asks for something else. */
  voice?: VoiceSettings;
  /** `custom_config`: LiveTalking's JSON list of performances, for this session alone. */
  customConfig?: string;
  /** Sessions of our own page on loopback do not count towards max_session. */
  studio: boolean;
  signal: AbortSignal;
}

export interface OfferAnswer {
  sdp: string;
  sessionId: number;
}

export interface SayOptions {
  /** Stop what is being said, and all that waits, first. */
  interrupt: boolean;
  voice?: VoiceSettings;
}

export interface SessionHandle {
  readonly id: number;
  readonly isSpeaking: boolean;
  /** Queues text to be spoken and returns its turn. Throws 'refused' when the queue is full or text is empty. */
  say(text: string, options: SayOptions): number;
  /** Queues a question to be answered and returns its turn. Throws 'refused' as `say`, and when no model is configured. */
  chat(question: string, options: SayOptions): number;
  /** Queues an audio file; resolves once it is known to be playable, rejects with 'refused' and the reason otherwise. */
  playAudio(bytes: Uint8Array, options: { fileName?: string; signal: AbortSignal }): Promise<void>;
  interrupt(): void;
  setMode(audiotype: number, options: { reinit: boolean }): void;
  /** Resolves once the first picture is recorded; rejects with 'refused' and what to do. */
  startRecording(): Promise<void>;
  /** Resolves with the file's name once it is playable; rejects with 'refused' when nothing is recorded. */
  endRecording(): Promise<string>;
  /** Receives every event from now on; returns the unsubscriber. */
  subscribe(listener: (event: SessionEvent) => void): () => void;
}
