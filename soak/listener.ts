import type { SessionEvent } from '../src/shared/protocol';

/** Reads a session's /sse until it ends, is closed, or cannot be had; tells every event, and keeps none. */
export function listen(
  url: string,
  sessionid: number,
  onEvent: (event: SessionEvent) => void,
): { close(): void; ended: Promise<void> } {
  const abort = new AbortController();
  const read = async () => {
    const reply = await fetch(`${url}/sse?sessionid=${sessionid}`, { signal: abort.signal });
    if (!reply.headers.get('content-type')?.startsWith('text/event-stream')) {
      await reply.body?.cancel();
      return;
    }
    let text = '';
    for await (const bytes of reply.body!.pipeThrough(new TextDecoderStream())) {
      text += bytes;
      const messages = text.split('\n\n');
      text = messages.pop()!;
      for (const message of messages) {
        const data = /^data: (.*)$/m.exec(message)?.[1];
        if (data) onEvent(JSON.parse(data) as SessionEvent);
      }
    }
  };
  // An end from either side; whether events were right is judged by whoever gets them.
  return { close: () => abort.abort(), ended: read().catch(() => {}) };
}
