import { readFileSync } from 'node:fs';

const WATCH_MS = 200;

/** Resident memory (proc_pid_status(5)); undefined where the system does not tell, or there is no such process any more. */
export function residentBytes(pid: number | undefined): number | undefined {
  if (process.platform !== 'linux' || pid === undefined) return undefined;
  try {
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kb === undefined ? undefined : Number(kb) * 1_024;
  } catch {
    return undefined;
  }
}

/**
 * Looks at a process's memory five times a second, from outside: one that is stuck in native code could not tell. Linux; a process
 * that is to be watched elsewhere says it itself.
 * @returns what ends the watch
 */
export function watchMemory(pid: number | undefined, onSeen: (rssBytes: number) => void): () => void {
  const timer = setInterval(() => {
    const rssBytes = residentBytes(pid);
    if (rssBytes !== undefined) onSeen(rssBytes);
  }, WATCH_MS).unref();
  return () => clearInterval(timer);
}
