import type { SessionEvent } from '../src/shared/protocol';

export interface Followed {
  events: SessionEvent[];
  /** The first event from `from` on that passes; rejects after `limitMs`. */
  until(test: (event: SessionEvent) => boolean, options?: { from?: number; limitMs?: number }): Promise<SessionEvent>;
  close(): void;
}

/** Reads a session's /sse, as any client would. Resolves once the stream is open. */
export async function followEvents(url: string, sessionid: number, more = ''): Promise<Followed> {
  const abort = new AbortController();
  const reply = await fetch(`${url}/sse?sessionid=${sessionid}${more}`, { signal: abort.signal });
  if (!reply.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error(await reply.text());
  const events: SessionEvent[] = [];
  const listeners = new Set<() => void>();
  void (async () => {
    let text = '';
    for await (const bytes of reply.body!.pipeThrough(new TextDecoderStream())) {
      text += bytes;
      const messages = text.split('\n\n');
      text = messages.pop()!;
      for (const message of messages) {
        const data = /^data: (.*)$/m.exec(message)?.[1];
        if (data) events.push(JSON.parse(data) as SessionEvent);
      }
      for (const listener of [...listeners]) listener();
    }
  })().catch(() => {});
  return {
    events,
    until: (test, { from = 0, limitMs = 20_000 } = {}) =>
      new Promise((resolve, reject) => {
        const done = () => {
          clearTimeout(timer);
          listeners.delete(look);
        };
        const look = () => {
          const found = events.slice(from).find(test);
          if (!found) return;
          done();
          resolve(found);
        };
        const timer = setTimeout(() => {
          done();
          reject(new Error(`waited in vain; events so far: ${JSON.stringify(events.slice(from))}`));
        }, limitMs);
        listeners.add(look);
        look();
      }),
    close: () => abort.abort(),
  };
}
