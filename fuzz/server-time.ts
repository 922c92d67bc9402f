import { readdirSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

const SAMPLE_MS = 50;
/** Longer than any request is waited for. */
const KEPT_MS = 150_000;

interface Sample {
  atMs: number;
  /** By thread: how long it has stood in the run queue so far, ms. */
  queuedMs: Map<string, number>;
}

/**
 * How long a process wanted to run and other programs had the processor (Linux: `run_delay` in /proc/PID/task/TID/schedstat): on a
 * busy machine that is part of every reply's time, and no doing of the server's. Elsewhere it is 0.
 */
export class RunQueue {
  private readonly samples: Sample[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly pid: number) {
    this.sample();
    this.timer = setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  /** Of the main thread, and of the one beside it that waited for longest: a request walks from one to another. */
  waitedMs(fromMs: number, toMs = performance.now()): number {
    this.sample();
    const before = this.samples.findLast(({ atMs }) => atMs <= fromMs) ?? this.samples[0];
    const after = this.samples.find(({ atMs }) => atMs >= toMs) ?? this.samples.at(-1);
    if (!before || !after) return 0;
    const waited = (thread: string) => (after.queuedMs.get(thread) ?? 0) - (before.queuedMs.get(thread) ?? 0);
    const main = String(this.pid);
    const others = [...after.queuedMs.keys()].filter((thread) => thread !== main && before.queuedMs.has(thread));
    return waited(main) + Math.max(0, ...others.map(waited));
  }

  close(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    const queuedMs = new Map<string, number>();
    try {
      for (const thread of readdirSync(`/proc/${this.pid}/task`)) {
        const [, delayNs] = readFileSync(`/proc/${this.pid}/task/${thread}/schedstat`, 'utf8').split(' ');
        queuedMs.set(thread, Number(delayNs) / 1e6);
      }
    } catch {
      // It has ended, or this is no Linux.
    }
    const atMs = performance.now();
    this.samples.push({ atMs, queuedMs });
    while (this.samples[0]!.atMs < atMs - KEPT_MS) this.samples.shift();
  }
}

const BEAT_MS = 100;
/** A route that needs nothing but the event loop. */
const BEAT_PATH = '/no-such-route';

/**
 * One small request after the other. The server measures a request from when it first sees it, so a loop that is blocked by what
 * came before, or by work behind a reply that was sent long ago, shows only in how long this one waits.
 */
export class Heartbeat {
  /** The longest that the server kept one waiting, without what the run queue and this process took, ms. */
  longestMs = 0;
  beats = 0;
  private ended = false;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private readonly running: Promise<void>;

  constructor(url: string, server: RunQueue, ours: RunQueue) {
    this.running = this.run(url, server, ours);
  }

  async stop(): Promise<void> {
    this.ended = true;
    await this.running;
    this.agent.destroy();
  }

  private async run(url: string, server: RunQueue, ours: RunQueue): Promise<void> {
    while (!this.ended) {
      const sentMs = performance.now();
      const loop = performance.eventLoopUtilization();
      const answered = await this.beat(url);
      const tookMs = performance.now() - sentMs;
      // What this process itself was busy with, or wanted to be.
      const { active } = performance.eventLoopUtilization(loop);
      const ourMs = Math.max(active, ours.waitedMs(sentMs));
      if (answered) {
        this.beats++;
        this.longestMs = Math.max(this.longestMs, tookMs - ourMs - server.waitedMs(sentMs));
      }
      await sleep(BEAT_MS);
    }
  }

  private beat(url: string): Promise<boolean> {
    return new Promise((done) => {
      const request = get(`${url}${BEAT_PATH}`, { agent: this.agent, timeout: 60_000 }, (reply) => {
        reply.resume();
        reply.once('close', () => done(true));
      });
      request.once('timeout', () => request.destroy());
      request.once('error', () => done(false));
    });
  }
}
