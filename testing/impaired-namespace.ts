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

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
}

function works(command: string, ...args: string[]): boolean {
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
  ) {}

  /** Why there can be none here, or undefined. */
  static missing(): string | undefined {
    if (process.platform !== 'linux') return 'network namespaces are a matter of Linux';
    if (process.getuid?.() !== 0) return 'network namespaces are made by root';
    if (!works('ip', '-V') || !works('tc', '-V'))
      return 'ip and tc are not installed (Debian: apt-get install iproute2)';
    if (!works('ip', 'netns', 'add', PROBE)) return 'this machine lets nobody make network namespaces';
    run('ip', 'netns', 'del', PROBE);
    return undefined;
  }

  static create(): ImpairedNamespace {
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
    const netem = works('tc', 'qdisc', 'add', 'dev', wire, 'root', 'netem');
    const rate = netem || works('tc', 'qdisc', 'replace', 'dev', wire, 'root', 'tbf', ...shape(1e6, 10_000));
    works('tc', 'qdisc', 'del', 'dev', wire, 'root');
    const chain = `add chain netdev ${name} out { type filter hook egress device ${wire} priority 0; }`;
    const loss = netem || (works('nft', 'add', 'table', 'netdev', name) && works('nft', chain));
    return new ImpairedNamespace(name, wire, ip(1), { netem, loss, delay: netem, rate });
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
    const { name, wire, offers } = this;
    works('tc', 'qdisc', 'del', 'dev', wire, 'root');
    if (offers.netem) {
      const packets = Math.max(2, Math.round(queueBytes / 1_200));
      const delay = delayMs > 0 ? ['delay', `${delayMs}ms`] : [];
      const rate = rateBps ? ['rate', `${rateBps}bit`] : [];
      const lost = loss > 0 ? ['loss', `${loss * 100}%`] : [];
      if (delay.length + rate.length + lost.length === 0) return;
      run('tc', 'qdisc', 'add', 'dev', wire, 'root', 'netem', ...delay, ...lost, ...rate, 'limit', String(packets));
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
    works('nft', 'delete', 'table', 'netdev', this.name);
    works('ip', 'netns', 'del', this.name); // and the wire with it
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const shape = (rateBps: number, queueBytes: number): string[] => [
  ...['rate', `${rateBps}bit`],
  ...['burst', '3000'],
  ...['limit', String(queueBytes)],
];
