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

/** Shown by the system, where it shows such things. */
export function notify(notice: { title: string; body: string }, onClick: () => void): void {
  if (!Notification.isSupported()) return;
  const notification = new Notification({ ...notice, silent: true });
  notification.on('click', onClick);
  notification.show();
}
