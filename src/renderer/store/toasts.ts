import { notifications } from '@mantine/notifications';
import { createElement, type ReactNode } from 'react';
import { formatDuration } from '../components/format';
import { ToastAction } from '../components/toast-action';
import { type MessageKey, translate, type Values } from '../i18n/translate';
import { ApiError } from '../rtc/http';
import { useStudio } from './studio';

const SHOWN_MS = 9_000;

/** What to do about an error: the server's own words when it has any, else ours. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  if (error.message) return error.message;
  return error.status === 0 ? translate('error.network') : translate('error.http', { status: error.status });
}

/** What went wrong, and what to do next. The same message twice is one message. */
export function toastError(title: MessageKey, error: unknown, detail?: MessageKey, values?: Values): void {
  show('red', translate(title, values), detail ? translate(detail) : explain(error));
}

/** A recording is on the disk; why, where it ended by itself. */
export function toastSaved(durationMs: number | null, reason = ''): void {
  const duration = durationMs === null ? '' : formatDuration(durationMs);
  toastRecording(translate('record.saved', { duration }), reason);
}

/** The session took its recording along: it is kept, and stands in the list. */
export const toastKept = (): void => toastRecording(translate('record.endedWithSession'), '');

const toastRecording = (title: string, words: string): void =>
  offer(title, words, translate('library.show'), () => useStudio.setState({ libraryOpen: true }));

/** Says what was done, and offers to have it undone. */
export const toastUndo = (title: MessageKey, undo: () => void): void =>
  offer(translate(title), '', translate('action.undo'), undo);

function offer(title: string, words: string, action: string, onAction: () => void): void {
  const id = `offer ${title}`;
  const taken = () => {
    notifications.hide(id);
    onAction();
  };
  show('herald', title, createElement(ToastAction, { words, action, onAction: taken }), id);
}

export function toastInfo(title: MessageKey): void {
  show('herald', translate(title), '');
}

function show(color: string, title: string, message: ReactNode, id = `${title} ${message}`): void {
  notifications.hide(id);
  notifications.show({
    id,
    color,
    title: message ? title : undefined,
    message: message || title,
    autoClose: SHOWN_MS,
    closeButtonProps: { 'aria-label': translate('action.dismiss') },
  });
}
