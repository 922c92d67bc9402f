import { spawn, spawnSync } from 'node:child_process';

/** The first Python 3 that has aiortc: Debian's package belongs to /usr/bin/python3, whatever else comes first in PATH. */
export function findPythonWithAiortc(): string | undefined {
  return ['python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', 'import aiortc, requests, numpy'], { stdio: 'ignore' }).status === 0,
  );
}

/** Runs a Python program to its end; resolves with what it printed. */
export function runPython(
  python: string,
  args: string[],
  deadlineMs = 60_000,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}
