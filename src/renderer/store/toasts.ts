import { formatDuration } from '../components/format';
import type { MessageKey, Values } from '../i18n/translate';
import { ApiError } from '../rtc/http';
import type { Toast } from './state';
import { apply, nextId } from './studio';
import { addToast, dropToast } from './toast-reducers';

const SHOWN_MS = 9_000;

/** What to do about an error: the server's own words when it has any, else ours. */
export function explain(error: unknown): { detail?: MessageKey; detailText?: string; detailValues?: Values } {
  if (!(error instanceof ApiError)) return { detailText: error instanceof Error ? error.message : String(error) };
  if (error.message) return { detailText: error.message };
  if (error.status === 0) return { detail: 'error.network' };
  return { detail: 'error.http', detailValues: { status: error.status } };
}

export function toastError(title: MessageKey, error: unknown, detail?: MessageKey, values?: Values): void {
  const id = nextId();
  apply(addToast, {
    id,
    tone: 'bad',
    title,
    ...(values ? { values } : {}),
    ...(detail ? { detail } : explain(error)),
  });
  setTimeout(() => apply(dropToast, id), SHOWN_MS);
}

/** A recording is on the disk; why, where it ended by itself. */
export function toastSaved(durationMs: number | null, reason?: string): void {
  const duration = durationMs === null ? '' : formatDuration(durationMs);
  toastInfo('record.saved', { recordings: true, values: { duration }, ...(reason && { detailText: reason }) });
}

export function toastInfo(title: MessageKey, more: Partial<Toast> = {}): void {
  const id = nextId();
  apply(addToast, { ...more, id, tone: 'info', title });
  setTimeout(() => apply(dropToast, id), SHOWN_MS);
}
