import { createHash } from 'node:crypto';
import type { Avatar, I420Picture } from '../src/main/server/avatar/avatar';
import { AvatarLibrary } from '../src/main/server/avatar/library';
import { MouthHost } from '../src/main/server/mouth/host';
import type { Mouth, MouthPatch, MouthRequest } from '../src/main/server/mouth/mouth';
import { PictureBuffers } from '../src/main/server/playout/picture-buffers';
import { Playout, type PlayoutFigures } from '../src/main/server/playout/playout';
import { Lips } from '../src/main/server/session/lips';
import { perform } from '../src/main/server/session/pipeline';
import { Turn } from '../src/main/server/session/turn';
import { knownWords } from '../src/main/server/session/words';
import type { Tts } from '../src/main/server/tts/tts';
import { LipReader, type LipReading } from './lip-reader';
import { PatientClock } from './patient-clock';

export interface Pcm {
  samples: Float32Array;
  sampleRateHz: number;
}

export interface SentPicture {
  ptsSamples: number;
  /** Which of the avatar's pictures it was made of. */
  index: number;
  lips: LipReading;
  /** Every byte is the avatar's own. */
  untouched: boolean;
}

export interface Performance {
  pictures: SentPicture[];
  /** The first picture of speech in `pictures`. */
  speechFrom: number;
  figures: PlayoutFigures;
}

export interface PerformOptions {
  idlePicturesBefore?: number;
  idlePicturesAfter?: number;
  /** Sees every picture before its buffer is used again. */
  onPicture?: (picture: I420Picture, sent: SentPicture) => void;
}

export interface LipStageOptions {
  avatarId?: string;
  modelFile: string;
  /** Whether lips are read from the pictures; the reader does not find every presenter's. */
  readsLips?: boolean;
}

const CHUNK_MS = 100;
const UNREAD: LipReading = { openingPx: Number.NaN, closed: false };

/**
 * A presenter without a viewer: the real walk (avatar, mel, inference process, paste, playout) on virtual time, with given
 * sound instead of a voice and a reader of pictures instead of an encoder.
 */
export class LipStage {
  private constructor(
    private readonly library: AvatarLibrary,
    private readonly avatar: Avatar,
    private readonly reader: LipReader | undefined,
    /** Digests of the avatar's pictures, taken before anything was performed. */
    private readonly digests: string[],
    readonly mouth: MouthHost,
  ) {}

  /** @throws when the lip model cannot be loaded, saying why */
  static async open({ avatarId = 'clara', modelFile, readsLips = true }: LipStageOptions): Promise<LipStage> {
    // No deadline: virtual time waits for the process, and this machine may be slow.
    const mouth = new MouthHost({ modelFile, deadlineMs: 120_000, hungMs: 60_000 });
    const library = new AvatarLibrary();
    try {
      const avatar = await library.open(avatarId);
      const digests: string[] = [];
      for (let i = 0; i < avatar.pictureCount; i++) digests.push(digest((await avatar.picture(i)).data));
      const reader = readsLips ? await LipReader.open(avatar) : undefined;
      await mouth.ready();
      return new LipStage(library, avatar, reader, digests, mouth);
    } catch (error) {
      await mouth.close();
      await library.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.mouth.close();
    this.avatar.release();
    await this.library.close();
  }

  /** Performs a turn of this sound from a fresh start; without sound, the presenter only idles. */
  async perform(pcm: Pcm | undefined, options: PerformOptions = {}): Promise<Performance> {
    const { idlePicturesBefore = 5, idlePicturesAfter = 10, onPicture } = options;
    const { avatar, reader, digests } = this;
    const counted = new CountedMouth(this.mouth);
    const shown = observe(avatar);
    const pictures: SentPicture[] = [];
    const reached = new Signals();
    const sink = {
      picture: (picture: I420Picture, ptsSamples: number, release?: () => void) => {
        const index = shown.index;
        const untouched = digest(picture.data) === digests[index];
        const sent = { ptsSamples, index, lips: reader?.read(picture, index) ?? UNREAD, untouched };
        pictures.push(sent);
        onPicture?.(picture, sent);
        release?.();
        reached.at(pictures.length);
      },
      audio: () => {},
    };
    const buffers = new PictureBuffers((avatar.widthPx * avatar.heightPx * 3) / 2);
    let lips: Lips | undefined;
    const clock = new PatientClock(() => counted.underWay);
    const playout = new Playout(shown.avatar, clock, sink, buffers, () => lips?.pump());
    lips = new Lips(avatar, counted, playout);
    const failed = new Promise<never>((_, reject) => (playout.onFailed = reject));
    failed.catch(() => {});
    const before = reached.wait(idlePicturesBefore);
    playout.start();
    await Promise.race([before, failed]);
    let speechFrom = pictures.length;
    if (pcm) {
      await perform(new Turn(1, { kind: 'echo', text: 'Given.' }, () => {}), knownWords('Given.'), {
        tts: given(pcm),
        playout,
        lips,
        windowStartMs: this.mouth.windowStartMs,
        onMissed: (error) => {
          throw error;
        },
        onSegment: (kind) => {
          if (kind === 'begin') speechFrom = pictures.length;
        },
      });
    }
    await Promise.race([reached.wait(pictures.length + idlePicturesAfter), failed]);
    await playout.close();
    return { pictures, speechFrom, figures: playout.figures };
  }
}

/** Knows what the mouth has been asked and has not answered. */
class CountedMouth implements Mouth {
  private readonly asked = new Set<Promise<unknown>>();

  constructor(private readonly mouth: Mouth) {}

  get windowStartMs(): number {
    return this.mouth.windowStartMs;
  }

  get underWay(): Promise<unknown> | undefined {
    return this.asked.size === 0 ? undefined : Promise.allSettled(this.asked);
  }

  /** Ahead of time means nothing where time waits. */
  prepare(): void {}

  infer(request: MouthRequest, signal: AbortSignal): Promise<MouthPatch | undefined> {
    const answer = this.mouth.infer(request, signal);
    const ended = answer.finally(() => this.asked.delete(ended));
    this.asked.add(ended);
    return answer;
  }

  status() {
    return this.mouth.status();
  }

  ready(): Promise<void> {
    return this.mouth.ready();
  }

  close(): Promise<void> {
    return this.mouth.close();
  }
}

/** The avatar as the playout sees it, and which of its pictures was asked for last: the one on air. */
function observe(avatar: Avatar): { avatar: Avatar; index: number } {
  const seen = { index: 0, avatar };
  const watched = {
    pictureNow: (index: number) => avatar.pictureNow((seen.index = index)),
    picture: (index: number) => avatar.picture((seen.index = index)),
  };
  // Not a copy: its sizes are getters and its methods are of its class.
  seen.avatar = new Proxy(avatar, {
    get(target, key) {
      const value = Reflect.get(key in watched ? watched : target, key) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return seen;
}

/** A voice that says the same whatever it is asked to say, as fast as it is read. */
function given({ samples, sampleRateHz }: Pcm): Tts {
  const chunk = (sampleRateHz * CHUNK_MS) / 1_000;
  return {
    name: 'given',
    async *stream() {
      for (let at = 0; at < samples.length; at += chunk) {
        yield { samples: samples.subarray(at, at + chunk), sampleRateHz };
      }
    },
    close: async () => {},
  };
}

/** Resolves waiters when a count is reached. */
class Signals {
  private waiting: { count: number; resolve: () => void }[] = [];

  wait(count: number): Promise<void> {
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }

  at(count: number): void {
    for (const waiter of this.waiting) if (count >= waiter.count) waiter.resolve();
    this.waiting = this.waiting.filter((waiter) => count < waiter.count);
  }
}

const digest = (data: Uint8Array): string => createHash('sha1').update(data).digest('base64');
