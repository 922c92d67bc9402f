import type { Client } from './client';
import { descriptorsOf, processTree } from './process-tree';

/** One look at the server, every few seconds. A figure that cannot be had here (no /proc, no reply) is NaN. */
export interface Sample {
  atS: number;
  sessions: number;
  connected: number;
  rssMb: number;
  treeRssMb: number;
  heapMb: number;
  descriptors: number;
  threads: number;
  processes: number;
  cpuCores: number;
  kitCpuCores: number;
  /** How many threads of the server were, on average, ready to run and had no CPU. */
  waitingThreads: number;
  loopP99Ms: number;
  /** Largest since the sample before, ms. */
  offsetMs: number;
  picturesSent: number;
  droppedPictures: number;
  pictureMisses: number;
  mouthMisses: number;
  underruns: number;
  skippedMs: number;
  native: Record<string, number>;
  ids: number[];
  /** Of the child processes. */
  roles: string[];
}

/** Reads the server's own account (/metrics, /api/admin/sessions) and the kernel's. */
export class Sampler {
  private used: { cpuMs: number; waitedMs: number };
  private atMs = performance.now();
  private kitCpu = process.cpuUsage();

  constructor(
    private readonly client: Client,
    private readonly pid: number | undefined,
    private readonly nowS: () => number,
  ) {
    this.used = this.usedByTree();
  }

  async take(more: { connected: number; offsetMs: number }): Promise<Sample> {
    const [metrics, list] = await Promise.all([this.metrics(), this.client.get('/api/admin/sessions')]);
    const ids = ((list.json?.data as { sessions?: { sessionid: number }[] })?.sessions ?? []).map(
      (one) => one.sessionid,
    );
    const tree = this.pid === undefined ? [] : processTree(this.pid);
    const sum = (of: (one: (typeof tree)[number]) => number) =>
      tree.length > 0 ? tree.reduce((total, one) => total + of(one), 0) : Number.NaN;
    const elapsedMs = performance.now() - this.atMs;
    this.atMs += elapsedMs;
    const used = this.usedByTree();
    const kit = process.cpuUsage(this.kitCpu);
    this.kitCpu = process.cpuUsage();
    const sample: Sample = {
      atS: this.nowS(),
      sessions: ids.length,
      ...more,
      rssMb: (metrics.get('process_resident_memory_bytes') ?? Number.NaN) / 1e6,
      treeRssMb: sum(({ rssBytes }) => rssBytes) / 1e6,
      heapMb: await this.heapMb(),
      descriptors: (this.pid !== undefined && descriptorsOf(this.pid)) || Number.NaN,
      threads: sum(({ threads }) => threads),
      processes: tree.length > 0 ? tree.length - 1 : Number.NaN,
      // A child that ended takes its time with it.
      cpuCores: Math.max(0, used.cpuMs - this.used.cpuMs) / elapsedMs,
      waitingThreads: Math.max(0, used.waitedMs - this.used.waitedMs) / elapsedMs,
      kitCpuCores: (kit.user + kit.system) / 1e3 / elapsedMs,
      loopP99Ms: (metrics.get('herald_event_loop_delay_seconds{quantile="0.99"}') ?? Number.NaN) * 1_000,
      picturesSent: metrics.get('herald_pictures_sent_total') ?? Number.NaN,
      droppedPictures: metrics.get('herald_dropped_pictures_total') ?? Number.NaN,
      pictureMisses: metrics.get('herald_picture_misses_total') ?? Number.NaN,
      mouthMisses: metrics.get('herald_mouth_misses_total') ?? Number.NaN,
      underruns: metrics.get('herald_underruns_total') ?? Number.NaN,
      skippedMs: (metrics.get('herald_skipped_samples_total') ?? Number.NaN) / 48,
      native: nativeOf(metrics),
      ids,
      roles: tree.slice(1).map(({ role }) => role),
    };
    this.used = used;
    return sample;
  }

  private async metrics(): Promise<Map<string, number>> {
    const { text } = await this.client.get('/metrics');
    const found = new Map<string, number>();
    for (const [, name, value] of text.matchAll(/^([a-z_]+(?:\{[^}]*\})?) (\S+)$/gm)) found.set(name!, Number(value));
    return found;
  }

  private async heapMb(): Promise<number> {
    const { json } = await this.client.get('/api/health');
    return ((json?.data as { memory?: { heapBytes?: number } })?.memory?.heapBytes ?? Number.NaN) / 1e6;
  }

  private usedByTree(): { cpuMs: number; waitedMs: number } {
    const sum = { cpuMs: 0, waitedMs: 0 };
    for (const { cpuMs, waitedMs } of this.pid === undefined ? [] : processTree(this.pid)) {
      sum.cpuMs += cpuMs;
      sum.waitedMs += waitedMs;
    }
    return sum;
  }
}

function nativeOf(metrics: ReadonlyMap<string, number>): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, value] of metrics) {
    const kind = /^herald_native_objects\{kind="([^"]+)"\}$/.exec(name)?.[1];
    if (kind) found[kind] = value;
  }
  return found;
}

const COLUMNS = [
  'atS',
  'sessions',
  'connected',
  'rssMb',
  'treeRssMb',
  'heapMb',
  'descriptors',
  'threads',
  'processes',
  'cpuCores',
  'kitCpuCores',
  'waitingThreads',
  'loopP99Ms',
  'offsetMs',
  'picturesSent',
  'droppedPictures',
  'pictureMisses',
  'mouthMisses',
  'underruns',
  'skippedMs',
] as const satisfies readonly (keyof Sample)[];

export const csvOf = (samples: readonly Sample[]): string =>
  `${[COLUMNS.join(','), ...samples.map((one) => COLUMNS.map((key) => round(one[key])).join(','))].join('\n')}\n`;

const round = (value: number) => (Number.isFinite(value) ? String(Math.round(value * 1_000) / 1_000) : '');
