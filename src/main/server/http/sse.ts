import type { FastifyReply } from 'fastify';
import type { SessionEvent } from '../../../shared/protocol';
import { HeraldError } from '../errors';
import type { Log } from '../log';
import type { SessionHandle } from '../session/api';

/** Proxies and phones close a silent connection after 30 to 60 s. */
const HEARTBEAT_MS = 15_000;
/** What may wait for a client that does not read; then it is dropped. About 1,000 events. */
const MAX_WAITING_BYTES = 256 * 1024;
const MAX_STREAMS = 256;

/** The open /sse connections. */
export class EventStreams {
  private readonly open = new Set<() => void>();

  constructor(
    private readonly log: Log,
    private readonly heartbeatMs = HEARTBEAT_MS,
  ) {}

  get count(): number {
    return this.open.size;
  }

  /** Turns the reply into a stream of the session's events (HTML Standard, 9.2) until either side ends. */
  start(reply: FastifyReply, session: SessionHandle): void {
    if (this.open.size >= MAX_STREAMS)
      throw new HeraldError('limit', `${MAX_STREAMS} event streams are open already`, 10);
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
    const end = () => {
      clearInterval(heartbeat);
      this.open.delete(end);
      unsubscribe();
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
  }

  /** Ends all streams, as the server shuts down. */
  closeAll(): void {
    for (const end of [...this.open]) end();
  }
}
