import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeSessions } from '../../../main/server/http/fake-sessions';
import { createHttpServer } from '../../../main/server/http/server';
import { createLogger } from '../../../main/server/log';
import { defaultSettings } from '../../../shared/settings';
import { LANGUAGES, needsToken, PLACEHOLDER, type SnippetLanguage, snippet, TASKS, type Task } from './snippets';

const TOKEN = 'correct-horse-battery';
const ID = 123_456;
const run = promisify(execFile);
const has = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** Each as its reader would run it: a shell, the installed Python, a module of Node. */
const PROGRAMS: Record<SnippetLanguage, { there: boolean; command(code: string): [string, string[]] }> = {
  curl: { there: has('curl') && has('bash'), command: (code) => ['bash', ['-c', code]] },
  python: { there: has('python3'), command: (code) => ['python3', ['-c', code]] },
  javascript: { there: true, command: (code) => [process.execPath, ['--input-type=module', '-e', code]] },
};

let folder: string;
let app: FastifyInstance;
let origin: string;
let sessions: FakeSessions;

async function start(require_token: boolean): Promise<void> {
  await app?.close();
  sessions = new FakeSessions();
  sessions.add(ID);
  app = await createHttpServer({
    settings: { ...defaultSettings(), rate_limit: 0, require_token },
    sessions,
    health: () => ({}),
    log: createLogger('silent'),
    token: TOKEN,
    rendererDir: '/nonexistent',
  });
  origin = await app.listen({ port: 0, host: '127.0.0.1' });
}
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'herald-snippets-'));
  writeFileSync(join(folder, 'speech.wav'), 'RIFF, as far as this test goes');
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

function program(language: SnippetLanguage, task: Task, token: boolean): [string, string[]] {
  const code = snippet(language, task, { origin, sessionId: ID, token });
  if (code === undefined) throw new Error(`${language} has no ${task}`);
  // Nothing but the token is left to fill in.
  expect(code.includes(PLACEHOLDER[language].replace('$', '')), code).toBe(token);
  return PROGRAMS[language].command(code.replace('YOUR-TOKEN', TOKEN));
}
const env = { ...process.env, HERALD_TOKEN: TOKEN, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };

const languages = LANGUAGES.filter((language) => PROGRAMS[language].there);
const answered = /["']?code["']?: ?0\b/;

/** What it prints. */
async function printed(language: SnippetLanguage, task: Task, token: boolean): Promise<string> {
  const [file, args] = program(language, task, token);
  return (await run(file, args, { env, cwd: folder, timeout: 20_000 })).stdout;
}

describe('snippets without a token, where none is asked for', () => {
  beforeAll(() => start(false));

  it('say a text', async () => {
    for (const text of await Promise.all(languages.map((language) => printed(language, 'talk', false)))) {
      expect(text).toMatch(answered);
    }
    const said = ['say', 'Hello, here I am.', expect.anything()];
    expect(sessions.get(ID)?.calls).toEqual(languages.map(() => said));
  });

  // A page asks its own server for the file, which Node cannot: e2e/server-panel.test.ts runs that one, in a browser.
  const shells = languages.filter((language) => language !== 'javascript');

  it.each(shells)('upload a file: %s', async (language) => {
    expect(await printed(language, 'audio', false)).toMatch(answered);
    expect(sessions.get(ID)?.calls.at(-1)).toEqual(['playAudio', 30, 'speech.wav']);
  });

  it.each(shells)('follow events: %s', async (language) => {
    const [file, args] = program(language, 'events', false);
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await expect.poll(() => sessions.get(ID)?.listeners.size, { timeout: 20_000 }).toBe(1);
      sessions.get(ID)?.emit({ status: 'mode', audiotype: 1 });
      let told = '';
      for await (const chunk of child.stdout) {
        told += chunk;
        if (/audiotype["']?: ?1/.test(told)) break;
      }
      expect(told).toMatch(/["']mode["']/);
    } finally {
      child.kill('SIGKILL');
    }
    await expect.poll(() => sessions.get(ID)?.listeners.size, { timeout: 20_000 }).toBe(0);
  });
});

describe('snippets with a token, where everyone is asked for one', () => {
  beforeAll(() => start(true));

  it('would be refused without it, so that what follows proves something', async () => {
    expect((await fetch(`${origin}/human`, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  it.each(languages)('say, ask and interrupt: %s', async (language) => {
    const before = sessions.get(ID)?.calls.length;
    const tasks = ['talk', 'chat', 'interrupt'] as const;
    for (const text of await Promise.all(tasks.map((task) => printed(language, task, true)))) {
      expect(text).toMatch(answered);
    }
    const calls = sessions
      .get(ID)
      ?.calls.slice(before)
      .map(([what]) => what);
    expect(calls?.sort()).toEqual(['chat', 'interrupt', 'say']);
  });
});

it.runIf(PROGRAMS.python.there)('are whole programs in Python', async () => {
  const programs = TASKS.flatMap((task) =>
    [false, true].map(
      (token) => snippet('python', task, { origin: 'https://192.168.1.20:8010', sessionId: 7, token })!,
    ),
  );
  await run('python3', ['-c', 'import ast, sys; [ast.parse(text) for text in sys.argv[1:]]', ...programs]);
});

it('ask for a token where the server does', () => {
  const table = (['nobody', 'outside', 'everyone'] as const).flatMap((asks) =>
    (['local', 'lan'] as const).flatMap((from) =>
      LANGUAGES.filter((language) => needsToken(asks, from, language)).map((language) => `${asks} ${from} ${language}`),
    ),
  );
  expect(table).toEqual([
    'outside lan javascript',
    ...['local', 'lan'].flatMap((from) => LANGUAGES.map((language) => `everyone ${from} ${language}`)),
  ]);
});
