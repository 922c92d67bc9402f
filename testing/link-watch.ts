import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright';
import { type ReceiverFigures, receiverFigures } from './browser';
import { getJson } from './server';

/** What a viewer saw and what the server thought, at one moment. */
export interface LinkSample extends ReceiverFigures {
  widthPx: number;
  onLive: boolean;
  targetBps: number;
  liveBitrateBps: number;
  droppedPictures: number;
}

type Figures = Record<'onLive' | 'targetBps' | 'liveBitrateBps' | 'droppedPictures', number>;
const EVERY_MS = 200;

/** Follows a viewer in the page (`view`) of a session, sample by sample, until it is stopped. */
export class LinkWatch {
  readonly samples: LinkSample[] = [];
  private stopping = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly page: Page,
    private readonly url: string,
    private readonly sessionId: number,
  ) {
    this.running = this.run();
    this.running.catch(() => {}); // told by `until` and `stop`
  }

  /** Resolves with the first new sample that passes. */
  async until(test: (sample: LinkSample) => boolean, limitMs: number, what: string): Promise<LinkSample> {
    const from = this.samples.length;
    for (let waitedMs = 0; ; waitedMs += EVERY_MS) {
      const found = this.samples.slice(from).find(test);
      if (found) return found;
      if (waitedMs >= limitMs)
        throw new Error(`${what}: not within ${limitMs} ms; last ${JSON.stringify(this.samples.at(-1))}`);
      await Promise.race([sleep(EVERY_MS), this.running]);
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const [figures, widthPx, health] = await Promise.all([
        receiverFigures(this.page),
        this.page.evaluate(() => window.viewer.video.videoWidth),
        getJson<{ data: { sessionFigures: Record<string, Figures> } }>(`${this.url}/api/health`),
      ]);
      const { onLive, targetBps, liveBitrateBps, droppedPictures } = health.data.sessionFigures[this.sessionId]!;
      this.samples.push({ ...figures, widthPx, onLive: onLive === 1, targetBps, liveBitrateBps, droppedPictures });
      await sleep(EVERY_MS);
    }
  }
}

/** The longest time in which no picture was decoded, ms. */
export function longestStallMs(samples: readonly LinkSample[]): number {
  let longest = 0;
  let lastNew = samples[0];
  for (const sample of samples) {
    if (sample.framesDecoded > lastNew!.framesDecoded) lastNew = sample;
    else longest = Math.max(longest, sample.atMs - lastNew!.atMs);
  }
  return longest;
}

/** Share of the sound that the browser made up, 0 to 1. */
export function concealedShare(samples: readonly LinkSample[]): number {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  return (last.concealedSamples - first.concealedSamples) / Math.max(1, last.totalSamples - first.totalSamples);
}

export function picturesPerSecond(samples: readonly LinkSample[]): number {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  return (1_000 * (last.framesDecoded - first.framesDecoded)) / Math.max(1, last.atMs - first.atMs);
}
