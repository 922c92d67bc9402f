import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with the next answer. */
export type FileFault =
  /** The socket dies after this much of the body. */
  | { kind: 'cut'; afterBytes: number }
  /** Nothing more comes after this much, with the connection open. */
  | { kind: 'stall'; afterBytes: number }
  | { kind: 'status'; status: number };

/** A server of files that knows ranges and ETags (RFC 9110), and breaks off where it is told to. */
export class FileServer {
  /** Path -> content; another content has another ETag. */
  readonly files = new Map<string, Buffer>();
  /** Taken one for each request for one of the paths; then all goes well. */
  readonly faults: FileFault[] = [];
  faultyPaths = /./;
  readonly requests: { path: string; range: string | undefined; ifRange: string | undefined }[] = [];
  ranges = true;
  etags = true;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    const { range, 'if-range': ifRange } = request.headers;
    this.requests.push({ path, range, ifRange: ifRange as string | undefined });
    const fault = this.faultyPaths.test(path) ? this.faults.shift() : undefined;
    if (path.startsWith('/moved/')) {
      response.writeHead(302, { location: path.slice('/moved'.length) }).end();
      return;
    }
    const file = this.files.get(path);
    if (fault?.kind === 'status' || !file) {
      response.writeHead(fault?.kind === 'status' ? fault.status : 404).end('an error page');
      return;
    }
    const etag = `"${file.length}-${file[0]}"`;
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const partial = this.ranges && start > 0 && (ifRange === undefined || ifRange === etag);
    if (partial && start >= file.length) {
      response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
      return;
    }
    const body = partial ? file.subarray(start) : file;
    response.writeHead(partial ? 206 : 200, {
      'content-length': body.length,
      ...(this.etags && { etag }),
      ...(partial && { 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` }),
    });
    if (!fault) {
      response.end(body);
      return;
    }
    response.write(body.subarray(0, fault.afterBytes), () => {
      if (fault.kind === 'cut') response.destroy();
    });
  }
}
