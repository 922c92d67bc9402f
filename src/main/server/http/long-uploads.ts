import type { Server } from 'node:http';

/** 8 GB at 20 Mbit/s. Bodies that trickle are cut off long before (slow-bodies.ts). */
const LONG_UPLOAD_LIMIT_MS = 3_600_000;

/**
 * Gives requests more time to arrive while somebody with the right to import sends gigabytes. Node knows one limit for the whole
 * server and looks at it anew each time it checks (http.Server.requestTimeout).
 */
export class LongUploads {
  private running = 0;
  private usualMs = 0;

  constructor(private readonly server: Pick<Server, 'requestTimeout'>) {}

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.running++ === 0) {
      this.usualMs = this.server.requestTimeout;
      this.server.requestTimeout = Math.max(this.usualMs, LONG_UPLOAD_LIMIT_MS);
    }
    try {
      return await work();
    } finally {
      if (--this.running === 0) this.server.requestTimeout = this.usualMs;
    }
  }
}
