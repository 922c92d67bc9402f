import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionEvent } from '../src/shared/protocol';
import type { Client } from './client';
import { EventOrder } from './event-order';
import type { Invariants, Witness } from './invariants';
import { listen } from './listener';
import { type PeerHooks, SoakPeer } from './peer';
import type { Leave, Visit } from './plan';
import type { Roster } from './roster';

export interface Surroundings {
  client: Client;
  invariants: Invariants;
  roster: Roster;
  onEvent(event: SessionEvent): void;
}

const FIRST_PICTURE_LIMIT_MS = 20_000;
const LOOK_EVERY_MS = 1_000;
const TOLD_WHEN_WRONG = ['pictures whole', 'sound whole', 'timestamps go up', 'timestamps on grid'];

/** One viewer with its session: watched from its first picture to its leaving, guests (WHEP) included. */
export class Connection {
  readonly guests: { peer: SoakPeer; path: string }[] = [];
  private listener: { close(): void } | undefined;
  private watch: NodeJS.Timeout | undefined;
  private gone = false;

  private constructor(
    readonly id: number,
    readonly visit: Visit,
    readonly peer: SoakPeer,
    private readonly witness: Witness,
    private readonly around: Surroundings,
  ) {}

  /** @returns undefined when there is no place at the moment (503) */
  static async open(visit: Visit, witness: Witness, around: Surroundings): Promise<Connection | undefined> {
    const { client, invariants, roster } = around;
    const { peer, sdp } = await SoakPeer.offer(visit.codec, hooksOf(invariants, witness));
    const body = { sdp, type: 'offer', avatar: visit.presenter };
    const reply = await client.post('/offer', body, witness).catch((error: unknown) => error as Error);
    if (reply instanceof Error || reply.status !== 200) {
      await peer.close();
      if (!(reply instanceof Error) && reply.status === 503) return undefined;
      throw new Error(`no answer to the offer: ${reply instanceof Error ? reply.message : reply.text}`);
    }
    const { sdp: answer, sessionid } = reply.json as { sdp: string; sessionid: number };
    roster.connected(sessionid, witness);
    const connection = new Connection(sessionid, visit, peer, witness, around);
    const order = new EventOrder((what) =>
      invariants.see('events in order', 1, witness, `session ${sessionid}: ${what}`),
    );
    if (visit.listens) {
      connection.listener = listen(client.url, sessionid, (event) => {
        invariants.see('events in order', 0);
        order.take(event);
        around.onEvent(event);
      });
    }
    await peer.accept(answer);
    return connection;
  }

  /** Resolves with the first whole picture; nothing came when false. */
  async watching(signal: AbortSignal): Promise<boolean> {
    const { peer, witness } = this;
    const { invariants, roster } = this.around;
    const startMs = performance.now();
    while (peer.lastPictureMs === 0 && performance.now() - startMs < FIRST_PICTURE_LIMIT_MS) {
      if (signal.aborted) return false;
      await sleep(20);
    }
    const came = peer.lastPictureMs > 0;
    invariants.see('first picture', (came ? peer.lastPictureMs : performance.now()) - startMs, witness);
    this.watch = setInterval(() => {
      if (this.gone || signal.aborted || !roster.isHere(this.id)) return;
      // What is told only when it goes wrong has been looked at, too.
      for (const name of TOLD_WHEN_WRONG) invariants.see(name, 0);
      invariants.see('media flows', performance.now() - peer.lastPictureMs, witness, `session ${this.id}`);
    }, LOOK_EVERY_MS);
    return came;
  }

  /** The server has let go of it though nobody left; whoever compares has told so. */
  get lost(): boolean {
    return !this.gone && !this.around.roster.isHere(this.id);
  }

  /** One more viewer of this session, by WHEP. */
  async invite(): Promise<boolean> {
    const { client, invariants } = this.around;
    const { peer, sdp } = await SoakPeer.offer(this.visit.codec, hooksOf(invariants, guestOf(this.witness)));
    const headers = { 'content-type': 'application/sdp' };
    const reply = await client
      .call('POST', `/whep/${this.id}`, this.witness, { headers, body: sdp })
      .catch((error: unknown) => error as Error);
    if (reply instanceof Error || reply.status !== 201) {
      await peer.close();
      return false;
    }
    this.guests.push({ peer, path: reply.headers.get('location')! });
    await peer.accept(reply.text);
    return true;
  }

  /** Every second guest goes without a word. */
  async dismiss(): Promise<void> {
    const guest = this.guests.pop();
    if (!guest) return;
    if (this.visit.number % 2 === 0) return guest.peer.vanish();
    await this.around.client.call('DELETE', guest.path, this.witness).catch(() => {});
    await guest.peer.close();
  }

  async leave(how: Leave): Promise<void> {
    if (this.gone) return;
    this.gone = true;
    clearInterval(this.watch);
    const { client, roster } = this.around;
    roster.left(this.id, performance.now());
    // Guests are not asked: whoever came for the session goes with it.
    if (how === 'vanish') {
      await Promise.all([this.peer, ...this.guests.map(({ peer }) => peer)].map((peer) => peer.vanish()));
    } else {
      if (how === 'delete' || how === 'change') {
        await client.call('DELETE', `/api/sessions/${this.id}`, this.witness).catch(() => {});
      } else if (how === 'beacon') {
        await client.call('POST', `/api/sessions/${this.id}/close`, this.witness).catch(() => {});
      }
      await this.peer.close();
      await Promise.all(this.guests.map(({ peer }) => peer.close()));
    }
    this.listener?.close();
  }
}

const guestOf = (host: Witness): Witness => ({ name: `${host.name}'s guest`, log: () => host.log() });

function hooksOf(invariants: Invariants, witness: Witness): PeerHooks {
  return {
    onOffset: (ms) => invariants.see('sound and picture together', Math.abs(ms), witness, `${ms.toFixed(1)} ms`),
    onReportJump: (ms) => invariants.see('reports agree', ms, witness),
    onDrift: (ms) => invariants.see('media keeps time', Math.abs(ms), witness, `${ms.toFixed(1)} ms`),
    stream: (kind) => ({
      onMissing: (units) =>
        invariants.see(kind === 'video' ? 'pictures whole' : 'sound whole', units, witness, `${units} missing`),
      onBackward: (ticks) => invariants.see('timestamps go up', 1, witness, `${kind} by ${ticks} ticks`),
      onOddStep: (ticks) => invariants.see('timestamps on grid', 1, witness, `${kind} by ${ticks} ticks`),
    }),
  };
}
