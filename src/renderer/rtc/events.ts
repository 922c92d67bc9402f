import type { SessionEvent } from '../../shared/protocol';
import { inOwnWords } from '../i18n/told';
import { withToken } from './http';

/** Reads one `data:` of /sse; null for anything that is not an event of ours. Pure, for tests. */
export function parseEvent(data: string): SessionEvent | null {
  try {
    const value = JSON.parse(data) as SessionEvent | null;
    return value !== null && typeof value === 'object' && typeof value.status === 'string' ? inLanguage(value) : null;
  } catch {
    return null;
  }
}

/** What is told to people, in the reader's language. */
function inLanguage(event: SessionEvent): SessionEvent {
  if (event.status === 'record') {
    return event.reason === undefined ? event : { ...event, reason: inOwnWords(event.told, event.reason) };
  }
  if (event.status !== 'error') return event;
  const { message, reason, remedy, told, toldRemedy } = event;
  // Where there is a reason the message is made of it and the remedy.
  if (reason === undefined) return { ...event, message: inOwnWords(told, message) };
  return {
    ...event,
    reason: inOwnWords(told, reason),
    ...(remedy !== undefined && { remedy: inOwnWords(toldRemedy, remedy) }),
  };
}

const REOPEN_MS = 2_000;

/**
 * Follows a session's events until closed. `onTrouble` is called each time the stream breaks: often the first sign that
 * the server is gone, well before the media path times out.
 */
export function followEvents(
  sessionId: number,
  on: { event(event: SessionEvent): void; trouble(): void },
): { close(): void } {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource(withToken(`/sse?sessionid=${sessionId}`));
    source.onmessage = ({ data }) => {
      const event = parseEvent(String(data));
      if (event) on.event(event);
    };
    source.onerror = () => {
      on.trouble();
      // The browser retries by itself except after an HTTP error; then this does.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_MS);
    };
  };
  open();
  return {
    close() {
      clearTimeout(timer);
      source.close();
    },
  };
}
