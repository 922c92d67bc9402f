import type { Invariants, Witness } from './invariants';

export interface Reply {
  status: number;
  headers: Headers;
  /** `undefined` where it was not JSON. */
  json?: Record<string, unknown>;
  text: string;
}

const REPLY_LIMIT_MS = 60_000;

/** Calls a Herald server as its clients do, and counts what it answers. */
export class Client {
  /** By route (ids left out) and status. */
  readonly counts = new Map<string, Map<string, number>>();
  readonly slowestMs = new Map<string, number>();

  constructor(
    /** Another one after a restart. */
    public url: string,
    private readonly invariants: Invariants,
  ) {}

  get(path: string, witness?: Witness): Promise<Reply> {
    return this.call('GET', path, witness);
  }

  /** `data` of a reply. @throws where there is none */
  async data<T>(path: string): Promise<T> {
    const { status, json, text } = await this.get(path);
    if (json?.data === undefined) throw new Error(`GET ${path}: ${status} ${text.slice(0, 200)}`);
    return json.data as T;
  }

  post(path: string, body: unknown, witness?: Witness): Promise<Reply> {
    const headers = { 'content-type': 'application/json' };
    return this.call('POST', path, witness, { headers, body: JSON.stringify(body) });
  }

  /** @throws when the server cannot be reached or does not answer in a minute */
  async call(method: string, path: string, witness?: Witness, init: RequestInit = {}): Promise<Reply> {
    const route = `${method} ${path.replace(/\?.*$/, '').replace(/\/(?:\d[^/]*|[0-9a-f-]{16,})/g, '/:id')}`;
    const startMs = performance.now();
    const signal = AbortSignal.timeout(REPLY_LIMIT_MS);
    let reply: Reply;
    try {
      const response = await fetch(`${this.url}${path}`, { ...init, method, signal });
      const text = await response.text();
      reply = { status: response.status, headers: response.headers, text };
      if (response.headers.get('content-type')?.includes('json')) reply.json = JSON.parse(text);
    } catch (error) {
      this.count(route, `no reply: ${(error as Error).name}`, startMs);
      throw error;
    }
    this.count(route, `${reply.status}${reply.json?.code === -1 ? ' (code -1)' : ''}`, startMs);
    const bad = reply.status >= 500 && reply.status !== 503;
    this.invariants.see(
      'replies are proper',
      bad ? 1 : 0,
      witness,
      bad ? `${route}: ${reply.status} ${reply.text.slice(0, 200)}` : '',
    );
    return reply;
  }

  private count(route: string, what: string, startMs: number): void {
    const counts = this.counts.get(route) ?? new Map<string, number>();
    this.counts.set(route, counts.set(what, (counts.get(what) ?? 0) + 1));
    this.slowestMs.set(route, Math.max(this.slowestMs.get(route) ?? 0, performance.now() - startMs));
  }
}
