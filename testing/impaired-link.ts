import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** One direction of a network. */
export interface Impairment {
  /** Share of packets that are lost, 0 to 1, by a seeded generator. */
  loss: number;
  /** One way. */
  delayMs: number;
  /** Undefined: as fast as it goes. */
  rateBps?: number;
  /** Packets that wait before the bottleneck; the one that does not fit is lost. */
  queueBytes: number;
}

export const UNIMPAIRED: Impairment = { loss: 0, delayMs: 0, queueBytes: 1_000_000 };
/** IPv4 and UDP, which a bottleneck carries too. */
const HEADER_BYTES = 28;

/**
 * What `tc netem` does, where the kernel has none of it: datagrams between a viewer and the server go through a socket that loses,
 * delays and shapes them (a token bucket with a bounded queue). Who wrote to it last is the viewer; for each address that the server
 * offers there is one relay, as ICE tries them.
 */
export class ImpairedLink {
  toViewer: Impairment = UNIMPAIRED;
  toServer: Impairment = UNIMPAIRED;
  private readonly relays = new Map<string, Relay>();
  private readonly lanes = { toViewer: new Lane(() => this.toViewer, 1), toServer: new Lane(() => this.toServer, 2) };

  /** Datagrams that reached the viewer, and those that were lost on their way to it. */
  get figures(): { passed: number; lost: number } {
    const { passed, lost } = this.lanes.toViewer;
    return { passed, lost };
  }

  /** The description with every candidate of the server's replaced by one of ours; the only way is through here. */
  async through(answer: string): Promise<string> {
    const lines: string[] = [];
    for (const line of answer.split('\r\n')) {
      const fields = line.startsWith('a=candidate:') ? line.split(' ') : undefined;
      if (!fields) lines.push(line);
      // One is enough, and a viewer on this machine reaches loopback.
      else if (fields[4] === '127.0.0.1' && fields[2]?.toLowerCase() === 'udp') {
        const port = await this.relayTo(fields[4], Number(fields[5]));
        lines.push([...fields.slice(0, 5), port, ...fields.slice(6)].join(' '));
      }
    }
    return lines.join('\r\n');
  }

  close(): void {
    for (const relay of this.relays.values()) relay.close();
    for (const lane of Object.values(this.lanes)) lane.close();
  }

  private async relayTo(address: string, port: number): Promise<number> {
    const name = `${address}:${port}`;
    let relay = this.relays.get(name);
    if (!relay) {
      relay = new Relay(this.lanes, address, port);
      this.relays.set(name, relay);
    }
    return relay.port();
  }
}

class Relay {
  private readonly viewerSide: Socket = createSocket('udp4');
  private readonly serverSide: Socket = createSocket('udp4');
  private viewer: RemoteInfo | undefined;
  private bound: Promise<number> | undefined;

  constructor(lanes: { toViewer: Lane; toServer: Lane }, address: string, port: number) {
    this.viewerSide.on('message', (data, from) => {
      this.viewer = from;
      lanes.toServer.take(data, () => this.serverSide.send(data, port, address));
    });
    this.serverSide.on('message', (data) => {
      const { viewer } = this;
      if (viewer) lanes.toViewer.take(data, () => this.viewerSide.send(data, viewer.port, viewer.address));
    });
    // A port that is closed by now: ICMP says so, and nobody is hurt.
    for (const socket of [this.viewerSide, this.serverSide]) socket.on('error', () => {});
  }

  port(): Promise<number> {
    this.bound ??= (async () => {
      const listening = [once(this.viewerSide, 'listening'), once(this.serverSide, 'listening')];
      this.viewerSide.bind(0, '127.0.0.1');
      this.serverSide.bind(0, '127.0.0.1');
      await Promise.all(listening);
      return this.viewerSide.address().port;
    })();
    return this.bound;
  }

  close(): void {
    this.viewerSide.close();
    this.serverSide.close();
  }
}

/** One direction. Datagrams leave in the order in which they came, as on a wire. */
class Lane {
  passed = 0;
  lost = 0;
  private freeAtMs = 0;
  private closed = false;
  private readonly flights: { atMs: number; send: () => void }[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly impairment: () => Impairment,
    private seed: number,
  ) {}

  take(data: Buffer, send: () => void): void {
    const { loss, delayMs, rateBps, queueBytes } = this.impairment();
    const nowMs = performance.now();
    const bytesPerMs = (rateBps ?? Number.POSITIVE_INFINITY) / 8_000;
    const bytes = data.length + HEADER_BYTES;
    const waitMs = rateBps ? Math.max(0, this.freeAtMs - nowMs) : 0;
    if ((rateBps && waitMs * bytesPerMs + bytes > queueBytes) || this.random() < loss) {
      this.lost++;
      return;
    }
    this.passed++;
    this.freeAtMs = nowMs + waitMs + bytes / bytesPerMs;
    const atMs = Math.max(this.freeAtMs + delayMs, this.flights.at(-1)?.atMs ?? 0);
    this.flights.push({ atMs, send });
    this.deliver();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.flights.length = 0;
  }

  private deliver(): void {
    if (this.closed) return;
    const nowMs = performance.now();
    let due = 0;
    for (; due < this.flights.length && this.flights[due]!.atMs <= nowMs; due++) this.flights[due]!.send();
    this.flights.splice(0, due);
    const next = this.flights[0];
    if (!next || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.deliver();
    }, next.atMs - nowMs);
  }

  /** mulberry32 */
  private random(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
