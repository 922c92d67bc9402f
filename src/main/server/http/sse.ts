import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionEvent } from '../../../shared/protocol';
import type { VisemePicture } from '../../../shared/viseme-protocol';
import { HeraldError } from '../errors';
import type { Log } from '../log';
import type { SessionHandle } from '../session/api';
import { limitKey } from './address';
import { EVENT_STREAMS } from './limits';
import { VisemeBatches } from './viseme-batches';

/** Proxies and phones close a silent connection after 30 to 60 s. */
const HEARTBEAT_MS = 15_000;
/** What may wait for a client that does not read; then it is dropped. About 1,000 events. */
const MAX_WAITING_BYTES = 256 * 1024;

/** The open /sse connections. */
export class EventStreams {
  private readonly open = new Set<() => void>();
  private readonly byAddress = new Map<string, number>();

  constructor(
    private readonly log: Log,
    private readonly heartbeatMs = HEARTBEAT_MS,
  ) {}

  get count(): number {
    return this.open.size;
  }

  /**
   * Turns the reply into a stream of the session's events (HTML Standard, 9.2) until either side ends.
   * @param visemes whether the mouth of each picture is sent as well; or what gives it the timestamps of whom it is sent to
   */
  start(
    reply: FastifyReply,
    session: SessionHandle,
    { visemes = false }: { visemes?: boolean | ((picture: VisemePicture) => VisemePicture) } = {},
  ): void {
    const release = this.take(reply.request);
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx would collect events until its buffer is full.
      'x-accel-buffering': 'no',
    });

    let unsubscribe = () => {};
    let endVisemes = () => {};
    const end = () => {
      release();
      clearInterval(heartbeat);
      this.open.delete(end);
      unsubscribe();
      endVisemes();
      response.end();
    };
    const write = (text: string) => {
      if (response.destroyed || response.writableEnded) return;
      response.write(text);
      if (response.writableLength <= MAX_WAITING_BYTES) return;
      this.log.warn(
        { sessionid: session.id, waitingBytes: response.writableLength },
        'dropped an /sse client that does not read',
      );
      end();
      response.destroy();
    };
    const heartbeat = setInterval(() => write(': \n\n'), this.heartbeatMs);
    this.open.add(end);
    response.on('close', end);
    response.on('error', end);

    // The comment makes proxies and clients see the headers at once.
    write('retry: 2000\n: connected\n\n');
    unsubscribe = session.subscribe((event: SessionEvent) => {
      write(`data: ${JSON.stringify(event)}\n\n`);
      if (event.status === 'closed') end();
    });
    if (!visemes) return;
    const batches = new VisemeBatches(
      (batch) => write(`data: ${JSON.stringify(batch)}\n\n`),
      () => response.writableLength,
    );
    const timed = visemes === true ? (picture: VisemePicture) => picture : visemes;
    endVisemes = session.visemes.subscribe((picture) => batches.add(timed(picture)));
  }

  /** Counts a stream of this caller; the returned function gives its place back, once. @throws 'limit' where none is left. */
  private take({ caller }: FastifyRequest): () => void {
    const { total, perAddress } = EVENT_STREAMS;
    if (this.open.size >= total) throw new HeraldError('limit', `${total} event streams are open already`, 10);
    const key = limitKey(caller.address);
    const own = this.byAddress.get(key) ?? 0;
    if (caller.class !== 'loopback' && own >= perAddress) {
      throw new HeraldError('limit', `${perAddress} event streams of this address are open already: close some`, 10);
    }
    this.byAddress.set(key, own + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = this.byAddress.get(key)! - 1;
      if (left > 0) this.byAddress.set(key, left);
      else this.byAddress.delete(key);
    };
  }

  /** Ends all streams, as the server shuts down. */
  closeAll(): void {
    for (const end of [...this.open]) end();
  }
}
