import { basename } from 'node:path';
import type { I420Picture } from '../../avatar/avatar';
import { backoffMs } from '../backoff';
import { NextTry } from '../next-try';
import type { MediaFormat } from '../output';
import type { PushOptions, PushOutput, PushState } from '../push';
import { CameraFeed, FEED_LIMITS, type FeedLimits } from './camera-feed';
import { claim } from './devices';
import { whyLost } from './faults';
import type { CameraTarget } from './messages';
import { Microphone } from './microphone';

export function openCamera(options: PushOptions): CameraOutput {
  return new CameraOutput(options.url);
}

/**
 * Shows the program in a virtual camera: raw pictures, before they are encoded, and the sound in a microphone to go with it. Where
 * there can be no microphone the pictures go on, and `reason` says why. A device that cannot be opened is tried again.
 */
export class CameraOutput implements PushOutput {
  readonly kind = 'camera';
  onChange: (state: PushState, reason?: string) => void = () => {};
  private readonly sums = { pictures: 0, droppedPictures: 0 };
  private readonly unclaim: () => void;
  private readonly abort = new AbortController();
  private state_: PushState = 'connecting';
  private target: CameraTarget | undefined;
  private feed: CameraFeed | undefined;
  private failures = 0;
  private again: NodeJS.Timeout | undefined;
  private readonly nextTry = new NextTry();
  private microphone: Microphone | undefined;
  private microphoneOpening: Promise<void> | undefined;
  private noSound: string | undefined;
  private closing: Promise<void> | undefined;

  /** @param device from `findCamera`; with the muxer `rawvideo` any file or pipe */
  constructor(
    private readonly device: string,
    private readonly muxer: CameraTarget['muxer'] = 'v4l2',
    private readonly limits: FeedLimits = FEED_LIMITS,
  ) {
    this.unclaim = claim(device);
  }

  get state(): PushState {
    return this.state_;
  }

  get figures(): Record<string, number> {
    const microphones = this.microphone && this.noSound === undefined ? 1 : 0;
    const retryInMs = this.nextTry.inMs;
    return { ...this.sums, microphones, droppedSounds: this.microphone?.droppedSounds ?? 0, retryInMs };
  }

  async start({ video: { widthPx, heightPx } }: MediaFormat): Promise<void> {
    if (this.closing) return;
    this.target = { path: this.device, muxer: this.muxer, widthPx, heightPx };
    this.connect(this.target);
    this.microphoneOpening = this.openMicrophone();
  }

  /** Encoded ones are of no use to a camera. */
  video(): void {}
  audio(): void {}

  picture(picture: I420Picture, release: () => void): void {
    if (this.feed) this.feed.picture(picture, release);
    else release();
  }

  sound(samples: Float32Array): void {
    this.microphone?.sound(samples);
  }

  close(state: 'closed' | 'failed' = 'closed', reason?: string): Promise<void> {
    this.closing ??= (async () => {
      clearTimeout(this.again);
      this.abort.abort();
      await Promise.all([this.feed?.close(), this.microphoneOpening?.then(() => this.microphone?.close())]);
      this.unclaim();
      this.set(state, reason);
    })();
    return this.closing;
  }

  private connect(target: CameraTarget): void {
    const feed = new CameraFeed(
      target,
      {
        onOpened: () => this.set('live', this.noSound),
        onWritten: () => {
          this.failures = 0;
          this.sums.pictures++;
        },
        onDropped: () => this.sums.droppedPictures++,
        onLost: (code, message) => this.lost(feed, code, message),
      },
      this.limits,
    );
    this.feed = feed;
  }

  private lost(feed: CameraFeed, code: number, message: string): void {
    if (this.closing) return;
    const { reason, lasting } = whyLost(code, message);
    if (lasting) return void this.close('failed', reason);
    this.set('reconnecting', reason);
    // The device is free again once the process is gone.
    void feed.close().then(() => {
      if (this.closing) return;
      this.again = setTimeout(() => this.connect(this.target!), this.nextTry.in(backoffMs(++this.failures)));
    });
  }

  private async openMicrophone(): Promise<void> {
    try {
      const onLost = (reason: string) => this.soundless(reason);
      this.microphone = await Microphone.open(basename(this.device), onLost, this.abort.signal);
    } catch (error) {
      this.soundless(error instanceof Error ? error.message : String(error));
    }
  }

  private soundless(why: string): void {
    if (this.closing) return;
    this.noSound = `pictures without sound: ${why}`;
    if (this.state_ === 'live') this.set('live', this.noSound);
  }

  private set(state: PushState, reason?: string): void {
    this.state_ = state;
    this.onChange(state, reason);
  }
}
