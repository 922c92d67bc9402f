import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Impairment } from './impaired-link';

/** What this kernel can do to packets; `netem` does all of it, else netfilter loses them and a token bucket shapes them. */
export interface KernelOffers {
  netem: boolean;
  loss: boolean;
  delay: boolean;
  rate: boolean;
}

const PROBE = `herald-p${process.pid}`;

/** What a packet of video takes; sound's are smaller. */
const PACKET_BYTES = 1_200;
/** What is on its way at once where nothing shapes it: several Mbit/s for as long as any of our delays. */
const UNSHAPED_PACKETS = 1_000;

/** Runs a program to its end. @throws where it fails @returns what it printed */
export type Run = (command: string, ...args: string[]) => string;

const runHere: Run = (command, ...args) =>
  execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();

function works(run: Run, command: string, ...args: string[]): boolean {
  try {
    run(command, ...args);
    return true;
  } catch {
    return false;
  }
}

/**
 * A network namespace with one wire (veth) to this machine's network, impaired on the way into it by the kernel: a browser in there
 * reaches a server out here, through sockets, routes and queues that are all real. Linux, root, iproute2.
 */
export class ImpairedNamespace {
  private readonly dir = mkdtempSync(join(tmpdir(), 'herald-netns-'));

  private constructor(
    private readonly name: string,
    private readonly wire: string,
    /** This machine's own end. */
    readonly address: string,
    readonly offers: KernelOffers,
    private readonly run: Run,
  ) {}

  /** Why there can be none here, or undefined. */
  static missing(run = runHere): string | undefined {
    if (process.platform !== 'linux') return 'network namespaces are a matter of Linux';
    if (process.getuid?.() !== 0) return 'network namespaces are made by root';
    if (!works(run, 'ip', '-V') || !works(run, 'tc', '-V'))
      return 'ip and tc are not installed (Debian: apt-get install iproute2)';
    if (!works(run, 'ip', 'netns', 'add', PROBE)) return 'this machine lets nobody make network namespaces';
    run('ip', 'netns', 'del', PROBE);
    return undefined;
  }

  static create(run = runHere): ImpairedNamespace {
    const number = process.pid % 60_000;
    const name = `herald-${number}`;
    const [wire, far] = [`hv${number}a`, `hv${number}b`];
    // A network of four addresses in 10.213.0.0/16, another one for each process.
    const base = (number % 16_384) * 4;
    const ip = (host: number) => `10.213.${(base >> 8) & 255}.${(base & 255) + host}`;
    run('ip', 'netns', 'add', name);
    run('ip', 'link', 'add', wire, 'type', 'veth', 'peer', 'name', far, 'netns', name);
    run('ip', 'addr', 'add', `${ip(1)}/30`, 'dev', wire);
    run('ip', 'link', 'set', wire, 'up');
    run('ip', '-n', name, 'addr', 'add', `${ip(2)}/30`, 'dev', far);
    for (const device of ['lo', far]) run('ip', '-n', name, 'link', 'set', device, 'up');
    const netem = works(run, 'tc', 'qdisc', 'add', 'dev', wire, 'root', 'netem');
    const rate = netem || works(run, 'tc', 'qdisc', 'replace', 'dev', wire, 'root', 'tbf', ...shape(1e6, 10_000));
    works(run, 'tc', 'qdisc', 'del', 'dev', wire, 'root');
    const chain = `add chain netdev ${name} out { type filter hook egress device ${wire} priority 0; }`;
    const loss = netem || (works(run, 'nft', 'add', 'table', 'netdev', name) && works(run, 'nft', chain));
    return new ImpairedNamespace(name, wire, ip(1), { netem, loss, delay: netem, rate }, run);
  }

  /** What of it this kernel has no means for; '' when it can do all of it. */
  lacks({ loss, delayMs, rateBps }: Impairment): string {
    const { offers } = this;
    const lacking = [
      loss > 0 && !offers.loss && 'loss (neither sch_netem nor nft)',
      delayMs > 0 && !offers.delay && 'delay (no sch_netem)',
      rateBps !== undefined && !offers.rate && 'a rate (neither sch_netem nor sch_tbf)',
    ];
    return lacking.filter(Boolean).join(', ');
  }

  impair({ loss, delayMs, rateBps, queueBytes }: Impairment): void {
    const { name, wire, offers, run } = this;
    works(run, 'tc', 'qdisc', 'del', 'dev', wire, 'root');
    if (offers.netem) {
      const options = netem({ loss, delayMs, rateBps, queueBytes });
      if (options.length > 0) run('tc', 'qdisc', 'add', 'dev', wire, 'root', 'netem', ...options);
      return;
    }
    if (rateBps) run('tc', 'qdisc', 'add', 'dev', wire, 'root', 'tbf', ...shape(rateBps, queueBytes));
    if (!offers.loss) return;
    run('nft', 'flush', 'chain', 'netdev', name, 'out');
    if (loss > 0) run('nft', `add rule netdev ${name} out numgen random mod 1000 < ${Math.round(loss * 1_000)} drop`);
  }

  /** A program that is the other one, in there. */
  inside(program: string): string {
    const path = join(this.dir, 'inside.sh');
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${this.name} '${program}' "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  }

  close(): void {
    works(this.run, 'nft', 'delete', 'table', 'netdev', this.name);
    works(this.run, 'ip', 'netns', 'del', this.name); // and the wire with it
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** In the order of tc-netem(8); none where there is nothing to impair. */
function netem({ loss, delayMs, rateBps, queueBytes }: Impairment): string[] {
  const impaired = [
    ...(delayMs > 0 ? ['delay', `${delayMs}ms`] : []),
    ...(loss > 0 ? ['loss', 'random', `${Number((loss * 100).toFixed(4))}%`] : []),
    ...(rateBps ? ['rate', `${rateBps}bit`] : []),
  ];
  if (impaired.length === 0) return [];
  // What it holds at most, what is merely delayed included: a queue of its own size before the bottleneck comes on top of that.
  const delayed = rateBps ? Math.ceil((rateBps / 8_000 / PACKET_BYTES) * delayMs) : UNSHAPED_PACKETS;
  const queued = Math.max(2, Math.round(queueBytes / PACKET_BYTES));
  return ['limit', String(queued + delayed), ...impaired];
}

const shape = (rateBps: number, queueBytes: number): string[] => [
  ...['rate', `${rateBps}bit`],
  ...['burst', '3000'],
  ...['limit', String(queueBytes)],
];
