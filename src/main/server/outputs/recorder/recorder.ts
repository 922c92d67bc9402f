import { say } from '../../../../shared/told';
import { SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, SAMPLES_PER_PICTURE, samplesToMs } from '../../../../shared/units';
import { AacEncoder } from '../../encode/aac';
import type { EncodedPacket, MediaFormat, Output } from '../output';
import { type Container, containerOf, FragmentMuxer } from './fragments';
import type { PartFile } from './part-file';
import { Timeline } from './timeline';

export interface RecorderOptions {
  maxDurationMs: number;
  /** The recording ends when the disk has less than this. */
  minFreeBytes: number;
  /** How long `close` waits for pictures that the encoder still has. */
  lastPictureMs?: number;
}

/** Why a recording ended by itself, for people. `fault` is false where a limit was reached as set. */
export interface RecorderStop {
  fault: boolean;
  message: string;
}

const AAC_BITRATE_BPS = 96_000;
/** So that players can jump to within 2 s of a place, and a new fragment is never far. */
const KEYFRAME_INTERVAL_MS = 2_000;
/** Sound that waits for the first picture; a keyframe comes within a third of a second. */
const MAX_HELD_FRAMES = 100;
const PROGRESS_EVERY_SAMPLES = SAMPLE_RATE_HZ;
const CHECK_EVERY_SAMPLES = 2 * SAMPLE_RATE_HZ;
const LAST_PICTURE_MS = 1_000;

type Held = { ptsSamples: number } & ({ samples: Float32Array } | { packet: EncodedPacket });

/**
 * Records a session: the pictures as they were encoded for its viewers, and its sound as AAC in MP4, or the viewers' own Opus in
 * WebM. It begins with a keyframe and with the very sample that belongs to it. Whatever fails here is told through `onStop`
 * and never to the program.
 */
export class Recorder implements Output {
  readonly kind = 'recorder';
  readonly keyframeIntervalMs = KEYFRAME_INTERVAL_MS;
  private readonly timeline = new Timeline();
  private container: Container = 'mp4';
  private muxer: FragmentMuxer | undefined;
  private aac: AacEncoder | undefined;
  private held: Held[] = [];
  private firstSoundSamples: number | undefined;
  private begun = false;
  private stopped = false;
  private told = false;
  /** Nothing from this moment of the session on is recorded. */
  private endSamples = Number.POSITIVE_INFINITY;
  private lastPictureSamples = Number.NEGATIVE_INFINITY;
  private untoldSamples = 0;
  private uncheckedSamples = 0;
  private checking: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private pictureCame: () => void = () => {};
  pictures = 0;
  /** Called once, when the first picture is in. */
  onBegin: () => void = () => {};
  /** Called after each second that is recorded. */
  onProgress: () => void = () => {};
  /** Called once, when it cannot or must not go on; `close` is still to be called. */
  onStop: (stop: RecorderStop) => void = () => {};

  constructor(
    private readonly file: PartFile,
    private readonly options: RecorderOptions,
  ) {
    file.onError = (error) => this.stop({ fault: true, message: writeProblem(error) });
  }

  /** What has been recorded so far. */
  get durationMs(): number {
    const end = Math.min(this.timeline.endSamples ?? 0, this.endSamples);
    return this.begun ? Math.max(0, samplesToMs(this.timeline.at(end))) : 0;
  }

  /** What of it is on the disk. */
  get bytes(): number {
    return this.file.writtenBytes;
  }

  async start(format: MediaFormat): Promise<void> {
    this.container = containerOf(format);
    if (this.container === 'mp4') {
      this.aac = await AacEncoder.open(AAC_BITRATE_BPS, (packet) => this.muxer?.audio(packet));
    }
    try {
      const describe = this.aac?.describe.bind(this.aac) ?? (() => {});
      this.muxer = new FragmentMuxer(this.container, format, describe, (bytes) => this.file.write(bytes));
    } catch (error) {
      this.aac?.close();
      throw error;
    }
  }

  video(packet: EncodedPacket): void {
    if (this.stopped || packet.ptsSamples >= this.endSamples) return;
    this.guarded(() => {
      if (!this.begun && !this.begin(packet)) return;
      this.muxer?.video({ ...packet, ptsSamples: this.timeline.at(packet.ptsSamples) });
      this.pictures++;
      this.lastPictureSamples = packet.ptsSamples;
      this.pictureCame();
    });
  }

  audio(packet: EncodedPacket): void {
    if (this.container === 'webm') this.hear({ ptsSamples: packet.ptsSamples, packet });
  }

  sound(samples: Float32Array, ptsSamples: number): void {
    if (this.stopped || ptsSamples >= this.endSamples) return;
    this.timeline.pass(ptsSamples, SAMPLES_PER_FRAME);
    this.firstSoundSamples ??= ptsSamples;
    if (this.container === 'mp4') this.hear({ ptsSamples, samples });
    this.reportNowAndThen();
    this.checkNowAndThen();
  }

  /**
   * Ends the recording at the sound that has gone by, with all pictures up to there, and closes the file.
   * @throws the file system's error when the end could not be written; what was written before it stays
   */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  /** Takes the first keyframe whose sound was heard from its beginning. */
  private begin({ keyframe, ptsSamples }: EncodedPacket): boolean {
    if (!keyframe || this.firstSoundSamples === undefined || ptsSamples < this.firstSoundSamples) return false;
    this.begun = true;
    this.timeline.begin(ptsSamples);
    const waited = this.held;
    this.held = [];
    for (const held of waited) if (held.ptsSamples >= ptsSamples) this.put(held);
    this.onBegin();
    return true;
  }

  private hear(held: Held): void {
    if (this.stopped || held.ptsSamples >= this.endSamples) return;
    if (this.begun) {
      this.guarded(() => this.put(held));
      return;
    }
    this.held.push('samples' in held ? { ...held, samples: held.samples.slice() } : held);
    if (this.held.length > MAX_HELD_FRAMES) {
      this.held.shift();
      this.firstSoundSamples = this.held[0]!.ptsSamples;
    }
  }

  private put(held: Held): void {
    if ('samples' in held) this.aac?.encode(held.samples);
    else this.muxer?.audio({ ...held.packet, ptsSamples: this.timeline.at(held.ptsSamples) });
  }

  private async finish(): Promise<void> {
    this.endSamples = Math.min(this.endSamples, this.timeline.endSamples ?? 0);
    try {
      if (this.begun && !this.stopped) await this.lastPicture();
      const whole = this.begun && !this.stopped;
      this.stopped = true; // also for what the encoders still send
      if (whole) {
        this.aac?.finish();
        this.muxer?.finish();
      }
    } finally {
      this.stopped = true;
      this.aac?.close();
      this.muxer?.close();
      await this.checking;
      await this.file.finish();
    }
  }

  /** Pictures come out of their encoder a little after their sound. */
  private async lastPicture(): Promise<void> {
    const isIn = () => this.stopped || this.lastPictureSamples + SAMPLES_PER_PICTURE >= this.endSamples;
    if (isIn()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.options.lastPictureMs ?? LAST_PICTURE_MS);
      this.pictureCame = () => {
        if (!isIn()) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private reportNowAndThen(): void {
    if (!this.begun) return;
    this.untoldSamples += SAMPLES_PER_FRAME;
    if (this.untoldSamples < PROGRESS_EVERY_SAMPLES) return;
    this.untoldSamples = 0;
    this.onProgress();
  }

  private checkNowAndThen(): void {
    const { maxDurationMs } = this.options;
    if (this.durationMs >= maxDurationMs) {
      this.endSamples = this.timeline.endSamples!;
      const minutes = maxDurationMs / 60_000;
      this.end({ fault: false, message: say('record.longest', { minutes }) });
      return;
    }
    this.uncheckedSamples += SAMPLES_PER_FRAME;
    if (this.uncheckedSamples < CHECK_EVERY_SAMPLES || this.checking) return;
    this.uncheckedSamples = 0;
    this.checking = this.check()
      .catch((error: unknown) => this.stop({ fault: true, message: writeProblem(error as Error) }))
      .finally(() => {
        this.checking = undefined;
      });
  }

  private async check(): Promise<void> {
    if (!(await this.file.isInPlace())) {
      this.stop({ fault: true, message: say('record.removed', { file: this.file.path }) });
      return;
    }
    const freeBytes = await this.file.freeBytes();
    if (freeBytes < this.options.minFreeBytes) {
      this.endSamples = this.timeline.endSamples!;
      this.end({ fault: true, message: tooLittleSpace('record.ranOut', freeBytes, this.options) });
    }
  }

  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.stop({ fault: true, message: error instanceof Error ? error.message : String(error) });
    }
  }

  /** What is recorded up to `endSamples` may still be written, and end well. */
  private end(stop: RecorderStop): void {
    if (this.stopped || this.told) return;
    this.told = true;
    this.onStop(stop);
  }

  /** Nothing more can be written. Whoever is told may close at once, and must not wait for pictures that are not taken any more. */
  private stop(stop: RecorderStop): void {
    if (this.stopped) return;
    this.stopped = true;
    this.pictureCame();
    if (this.told) return;
    this.told = true;
    this.onStop(stop);
  }
}

/** Why a recording is not begun, or does not go on. */
export function tooLittleSpace(
  key: 'record.noRoom' | 'record.ranOut',
  freeBytes: number,
  { minFreeBytes }: { minFreeBytes: number },
): string {
  const mb = (bytes: number) => Math.floor(bytes / 1e6);
  return say(key, { free: mb(freeBytes), keep: mb(minFreeBytes) });
}

/** What the file system said, and what to do about it; `begun` is how the sentence begins. */
export function writeProblem(error: NodeJS.ErrnoException, begun = ''): string {
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return say('record.full', { begun });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return say('record.noPermission', { begun });
    default:
      return `${begun}the recording cannot be written (${error.message})`;
  }
}
