import type { OutputView, SessionEvent, SessionSummary } from '../../../shared/protocol';
import type { VideoCodec } from '../encode/video';
import type { Output } from '../outputs/output';
import type { VoiceSettings } from '../tts/tts';
import type { OutputRequest } from './outputs';
import type { VisemeListener } from './visemes';

/**
 * What the HTTP layer may ask of sessions. `registry.ts` implements it; route tests stand in a small fake.
 * Every method throws `HeraldError` with a message for people.
 */
export interface SessionDirectory {
  /** Negotiates and starts a session; waits briefly for a place at the limit. Aborting the signal releases the place. */
  offer(request: OfferInput): Promise<OfferAnswer>;
  /** Starts a session that nobody watches yet; waits for a place as `offer` does. Resolves with its id once it is on air. */
  open(request: OpenInput): Promise<number>;
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
  /** `#rrggbb` to stand before, in place of the presenter's own. */
  background?: string;
  /** Its viewer asks for visemes, on a data channel. */
  visemes?: boolean;
  /** Sessions of our own page on loopback do not count towards max_session. */
  studio: boolean;
  signal: AbortSignal;
}

export interface OpenInput {
  avatar?: string;
  /** `#rrggbb` to stand before, in place of the presenter's own. */
  background?: string;
  voice?: VoiceSettings;
  /** The server's unless said. */
  videoBitrateBps?: number;
  /** Record it from its first picture on. */
  record?: boolean;
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

/** The destinations that a session was told to send to while it runs. */
export interface OutputsHandle {
  /** Resolves once it is part of the program, rejects with 'refused' and what to do; it connects after that. */
  add(request: OutputRequest): Promise<OutputView>;
  list(): OutputView[];
  /** Resolves once it is closed; false when there is no such output. */
  remove(id: string): Promise<boolean>;
}

/** The mouth of each picture in numbers; computed only while somebody listens. */
export interface VisemesHandle {
  /** Receives every picture of speech from now on; returns the unsubscriber. */
  subscribe(listener: VisemeListener): () => void;
}

export interface SessionHandle {
  readonly id: number;
  /** What its pictures are encoded as, for everyone. */
  readonly videoCodec: VideoCodec;
  readonly outputs: OutputsHandle;
  readonly visemes: VisemesHandle;
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
  /**
   * Sends the output all packets from now on, a keyframe soon among them. The returned function takes it off and closes it, as
   * the end of the session does. Rejects with 'refused' when there is no program within 5 s, or with what `output.start` throws.
   */
  attach(output: Output): Promise<() => Promise<void>>;
  /** With the next picture, or the first one that is far enough from the last keyframe. */
  requestKeyframe(): void;
  /** Receives every event from now on; returns the unsubscriber. */
  subscribe(listener: (event: SessionEvent) => void): () => void;
}
