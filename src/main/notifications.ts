import { Notification } from 'electron';
import type { EndedJob } from './server/job-queue';
import type { Words } from './words';

/** What there is to say of a job that ended; undefined for one that somebody called off. */
export function noticeOf(job: EndedJob, words: Words): { title: string; body: string } | undefined {
  const { kind, title, state, problem } = job;
  if (state === 'cancelled') return undefined;
  const heading = state === 'done' ? words[`${kind}Done`] : words[`${kind}Failed`];
  return { title: heading, body: problem ? `${title}: ${problem}` : title };
}

/** Older ones are let go: nobody goes back that far. */
const MAX_KEPT = 16;
/** One that nothing refers to is collected, and its click with it, while it stands on the screen (electron/electron#16922). */
const kept = new Set<Notification>();

/** Shown by the system, where it shows such things. */
export function notify(notice: { title: string; body: string }, onClick: () => void): void {
  if (!Notification.isSupported()) return;
  const notification = new Notification({ ...notice, silent: true });
  kept.add(notification);
  for (const oldest of kept) if (kept.size > MAX_KEPT) kept.delete(oldest);
  const letGo = () => void kept.delete(notification);
  notification.on('click', () => {
    letGo();
    onClick();
  });
  notification.on('close', letGo);
  notification.on('failed', letGo);
  notification.show();
}
