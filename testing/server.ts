import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { steadyMemory } from '../scripts/steady-memory.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SERVE = join(root, 'out', 'main', 'serve.js');
const CLOCK_TICKS_PER_SECOND = 100; // USER_HZ on every Linux

export interface TestServer {
  url: string;
  pid: number;
  /** What it printed so far, both streams. */
  output(): string;
  /** User and system CPU time of the process and its children, in ms (Linux). */
  cpuMs(): number;
  /** CPU time of each child process by name, in ms (Linux). */
  childCpuMs(): number;
  rssBytes(): number;
  exited: Promise<number | null>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * Runs the built server (`npm run build` first) on a free port with its own data folder, which is removed when it ends. A folder
 * given as `dataDir` is used instead, and stays. `serve` names another entry than this checkout's.
 */
export async function startTestServer(
  flags: string[] = [],
  {
    env = {},
    dataDir: keptDir,
    serve = SERVE,
  }: { env?: Record<string, string>; dataDir?: string; serve?: string } = {},
): Promise<TestServer> {
  if (!existsSync(serve)) throw new Error('out/main/serve.js is missing: run npm run build first');
  const dataDir = keptDir ?? mkdtempSync(join(tmpdir(), 'herald-test-'));
  // Not 'auto': on a machine with internet it would ask a service, and tests would hear another voice.
  const args = ['--listenport', '0', '--data', dataDir, '--rate_limit', '0', '--tts', 'espeak', ...flags];
  const child = spawn(process.execPath, [serve, ...args], {
    cwd: root,
    env: steadyMemory({ ...process.env, ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      if (keptDir === undefined) rmSync(dataDir, { recursive: true, force: true });
      resolve(code);
    });
  });
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the server did not start within 30 s:\n${output}`));
    }, 30_000);
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
      const port = /Herald listening on http:\/\/\S+:(\d+)/.exec(output)?.[1];
      if (!port) return;
      clearTimeout(timer);
      resolve(`http://127.0.0.1:${port}`);
    });
    void exited.then((code) => {
      clearTimeout(timer);
      reject(new Error(`the server ended with ${code}:\n${output}`));
    });
  });
  const pid = child.pid!;
  return {
    url,
    pid,
    output: () => output,
    cpuMs: () => cpuMs(pid),
    childCpuMs: () => children(pid).reduce((sum, id) => sum + cpuMs(id), 0),
    rssBytes: () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024,
    exited,
    stop: (signal = 'SIGTERM') => stop(child, exited, signal),
  };
}

async function stop(
  child: ChildProcess,
  exited: Promise<number | null>,
  signal: NodeJS.Signals,
): Promise<number | null> {
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  const code = await exited;
  clearTimeout(timer);
  return code;
}

function cpuMs(pid: number): number {
  try {
    // Fields 14 and 15 (utime, stime) counted after the command name, which may itself hold spaces and brackets.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / CLOCK_TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

function children(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

export async function getJson<T = Record<string, unknown>>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

export async function postJson<T = Record<string, unknown>>(url: string, body: unknown): Promise<T> {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await reply.json()) as T;
}
