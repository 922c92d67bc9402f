import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { numberOf, writeLiveTalkingFolder } from '../../../../testing/livetalking-folder';
import { thinWav2Lip } from '../../../../testing/thin-wav2lip';
import { callOfSystem, saveZip } from '../../../../testing/torch-checkpoint';
import { zipOf } from '../../../../testing/zip-archive';
import { type ImportView, importReply, importsReply } from '../../../shared/library-protocol';
import { defaultSettings } from '../../../shared/settings';
import { AvatarLibrary } from '../avatar/library';
import type { ImportLibrary } from '../imports/library';
import { openImports } from '../imports/open';
import { createLogger } from '../log';
import { counts } from '../metrics/native';
import { FakeSessions } from './fake-sessions';
import { createHttpServer } from './server';

const PICTURES = 4;
const root = mkdtempSync(join(tmpdir(), 'herald-imports-'));
/** An avatar's folder, file by file. */
const clara: [path: string, bytes: Buffer][] = [];
beforeAll(async () => {
  const source = await writeLiveTalkingFolder(join(root, 'clara'), { pictures: PICTURES });
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    clara.push([file.slice(source.length + 1).replaceAll('\\', '/'), readFileSync(file)]);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

let dataDir: string;
let app: FastifyInstance;
let imports: ImportLibrary;
let avatars: AvatarLibrary;
let url: string;
let logged = '';
beforeEach(async () => {
  dataDir = mkdtempSync(join(root, 'data-'));
  mkdirSync(join(dataDir, 'imports', 'left-over'), { recursive: true });
  const dirs = [join(dataDir, 'avatars')];
  avatars = new AvatarLibrary({ dirs, cacheDir: join(dataDir, 'cache', 'pictures') });
  const sink = { write: (text: string) => void (logged += text) };
  const log = createLogger('error', { out: sink, err: sink });
  imports = openImports({ models: undefined }, dataDir, { avatars, log });
  await imports.open();
  app = await createHttpServer({
    settings: { ...defaultSettings(), rate_limit: 0 },
    sessions: new FakeSessions(),
    health: () => ({}),
    avatars: { avatars, defaultAvatar: 'clara' },
    imports,
    log,
    token: 'correct-horse-battery',
    rendererDir: '/nonexistent',
  });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await imports.close();
  await avatars.close();
  await app.close();
  expect(readdirSync(join(dataDir, 'imports'))).toEqual([]);
  for (const kind of ['transcode-process', 'convert', 'avatar-decoder']) expect(counts()[kind] ?? 0, kind).toBe(0);
  rmSync(dataDir, { recursive: true });
  expect(logged).toBe('');
});

type Part = [path: string, bytes: Buffer | string];
function formOf(kind: string | undefined, files: Part[], name?: string): FormData {
  const form = new FormData();
  if (kind !== undefined) form.append('kind', kind);
  if (name !== undefined) form.append('name', name);
  for (const [path, bytes] of files) form.append('files', new Blob([bytes as Buffer<ArrayBuffer>]), path);
  return form;
}
async function send(kind: string | undefined, files: Part[], name?: string) {
  const reply = await fetch(`${url}/api/imports`, { method: 'POST', body: formOf(kind, files, name) });
  return { status: reply.status, body: await reply.json() };
}
const folder = (prefix: string): Part[] => clara.map(([path, bytes]) => [prefix + path, bytes]);
const views = async () => importsReply.parse(await (await fetch(`${url}/api/imports`)).json()).data.imports;
const view = async (id: string) => importReply.parse(await (await fetch(`${url}/api/imports/${id}`)).json()).data;
async function ended(id: string): Promise<ImportView> {
  await expect.poll(async () => (await view(id)).state, { timeout: 20_000 }).toMatch(/done|failed|cancelled/);
  return view(id);
}
async function imported(kind: string, files: Part[], name?: string): Promise<ImportView> {
  const { status, body } = await send(kind, files, name);
  expect([status, body.code], JSON.stringify(body)).toEqual([200, 0]);
  const { data } = importReply.parse(body);
  expect([data.step, data.state]).not.toContain('receive');
  return ended(data.id);
}

describe('an avatar', () => {
  it('comes as the files of a folder, and can be shown', async () => {
    const bytes = clara.reduce((sum, [, { length }]) => sum + length, 0);
    const done = await imported('avatar', folder('小美 (1)/'), ' ');
    expect(done).toMatchObject({ state: 'done', progress: 1, kind: 'avatar', name: '小美 _1', step: 'copy', bytes });
    expect(done.result).toEqual({ kind: 'avatar', avatar: '小美 _1', pictures: PICTURES, widthPx: 64, heightPx: 96 });
    const avatar = await avatars.open('小美 _1');
    expect(numberOf(await avatar.picture(3))).toBe(3);
    avatar.release();
    expect(readdirSync(join(dataDir, 'cache', 'pictures'))).toHaveLength(1);
  });

  it('comes as a .zip, under the name that is asked for, numbered where one that ships with Herald has it', async () => {
    const zip = zipOf(folder('inner/').map(([name, data]) => ({ name, data: data as Buffer })));
    const done = await imported('avatar', [['Anna.zip', zip]], 'clara');
    expect(done, done.problem).toMatchObject({ state: 'done', name: 'clara-2', result: { avatar: 'clara-2' } });
    expect((await avatars.list()).avatars.map(({ id }) => id)).toEqual(['clara-2', 'clara', 'leo', 'maya']);
    expect((await views()).map(({ name }) => name)).toEqual(['clara-2']);
  });

  it('that is not in order is refused by its file, without a trace', async () => {
    const broken = folder('anna/').map(([path, bytes]): Part => {
      const spoilt = Buffer.from(bytes as Buffer);
      return [path, path.endsWith('full_imgs/00000002.png') ? spoilt.fill(0x55, 200, 260) : spoilt];
    });
    const failed = await imported('avatar', broken);
    expect(failed).toMatchObject({
      state: 'failed',
      problem: expect.stringMatching(/^full_imgs.00000002\.png .*Replace it/),
    });
    const lacking = await imported(
      'avatar',
      folder('anna/').filter(([path]) => !path.includes('face_imgs')),
    );
    expect(lacking.problem).toMatch(/^face_imgs is missing/);
    const bombed = await imported('avatar', [
      ['a.zip', zipOf([{ name: '../full_imgs/0.png', data: Buffer.from('x') }])],
    ]);
    expect(bombed.problem).toMatch(/\.\.\/full_imgs\/0\.png/);
    expect(existsSync(join(dataDir, 'avatars')) ? readdirSync(join(dataDir, 'avatars')) : []).toEqual([]);
    expect((await fetch(`${url}/api/imports/${failed.id}`, { method: 'DELETE' })).status).toBe(200);
    expect((await fetch(`${url}/api/imports/${failed.id}`)).status).toBe(404);
  });
});

describe('weights', () => {
  const weightsFile = (evil?: Buffer): Buffer => {
    const file = join(root, 'wav2lip.pth');
    const tensors = thinWav2Lip('96', 8);
    saveZip(file, evil ? { tensors, extras: { optimizer: null }, evil } : { tensors });
    return readFileSync(file);
  };

  it('are stored, converted and checked', async () => {
    const done = await imported('weights', [['checkpoints.v2.pt', weightsFile()]]);
    expect(done, done.problem).toMatchObject({ state: 'done', name: 'checkpoints.v2', step: 'check' });
    expect(done.result).toMatchObject({ kind: 'weights', model: 'checkpoints.v2', variant: '96', faceSizePx: 96 });
    const { result } = done;
    expect(result?.kind === 'weights' && result.maxDifference! < 2e-4 && result.parameters! > 1_000).toBe(true);
    const inside = readdirSync(join(dataDir, 'models')).sort();
    expect(inside).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/), 'checkpoints.v2.pth']);
  });

  it('that would run commands are refused, and so is an .onnx of something else', async () => {
    const proof = join(root, 'proof');
    const hostile = await imported('weights', [['evil.pth', weightsFile(callOfSystem(`touch ${proof}`))]]);
    expect(hostile.state).toBe('failed');
    expect(hostile.problem).toMatch(/evil\.pth/);
    expect(existsSync(proof)).toBe(false);
    expect((await imported('weights', [['x.onnx', 'garbage']])).problem).toMatch(/x\.onnx cannot be loaded/);
    expect(readdirSync(join(dataDir, 'models'))).toEqual([]);
  });
});

describe('a form is refused, with what to do,', () => {
  it.each<[string, string | undefined, Part[], RegExp]>([
    ['without a kind', undefined, [['a/coords.pkl', 'x']], /kind: send it before the files/],
    ['of another kind', 'virus', [['a/coords.pkl', 'x']], /kind: send it before the files/],
    ['without files', 'avatar', [], /files: missing/],
    ['with a path that leaves its folder', 'avatar', [['a/../../b/coords.pkl', 'x']], /not a path inside a folder/],
    ['with a path from the root', 'avatar', [['/etc/coords.pkl', 'x']], /not a path inside a folder/],
    ['with nothing of an avatar', 'avatar', [['a/b.txt', 'x']], /no LiveTalking avatar was found/],
    [
      'with two avatars',
      'avatar',
      [
        ['a/coords.pkl', 'x'],
        ['b/coords.pkl', 'x'],
      ],
      /two avatars in it, in a and in b/,
    ],
    [
      'with a file twice',
      'avatar',
      [
        ['a/coords.pkl', 'x'],
        ['a/coords.pkl', 'x'],
      ],
      /a\/coords\.pkl was sent twice/,
    ],
    [
      'with a .zip and more',
      'avatar',
      [
        ['a.zip', 'x'],
        ['a/coords.pkl', 'x'],
      ],
      /either one \.zip or/,
    ],
    [
      'with two files of weights',
      'weights',
      [
        ['a.pth', 'x'],
        ['b.pth', 'x'],
      ],
      /one file of weights at a time/,
    ],
    ['with something else as weights', 'weights', [['a.exe', 'x']], /a\.exe is no file of weights/],
  ])('%s', async (_, kind, files, message) => {
    const { status, body } = await send(kind, files);
    expect([status, body.code]).toEqual([400, -1]);
    expect(body.msg).toMatch(message);
    expect(await views()).toEqual([]);
  });

  it('that is larger than an import may be, before it is read', async () => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let reply = '';
    socket.on('data', (bytes) => (reply += bytes));
    const head = `Host: ${hostname}:${port}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000000000`;
    socket.write(`POST /api/imports HTTP/1.1\r\n${head}\r\n\r\n--b\r\n`);
    await expect.poll(() => reply).toMatch(/ 413 [\s\S]*an import has at most 8 GB/);
    socket.destroy();
  });

  it('that is none', async () => {
    const reply = await fetch(`${url}/api/imports`, { method: 'POST', body: '{}' });
    expect([reply.status, (await reply.json()).msg]).toEqual([400, expect.stringContaining('multipart/form-data')]);
  });
});

describe('what is under way', () => {
  /** A form that stops in the middle of its first file. */
  function halfSent(kind = 'avatar') {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let reply = '';
    socket.on('data', (bytes) => (reply += bytes));
    socket.on('error', () => {});
    socket.write(
      `POST /api/imports HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: multipart/form-data; boundary=b\r\n` +
        'Content-Length: 4000\r\n\r\n' +
        `--b\r\nContent-Disposition: form-data; name="kind"\r\n\r\n${kind}\r\n` +
        '--b\r\nContent-Disposition: form-data; name="files"; filename="mia/full_imgs/0.png"\r\n\r\nhalf a picture ',
    );
    return { socket, reply: () => reply };
  }
  const receiving = async () => {
    await expect.poll(async () => (await views())[0]?.step).toBe('receive');
    return (await views())[0]!;
  };

  it('is shown while it is received, one at a time, and can be called off', async () => {
    const first = halfSent();
    const seen = await receiving();
    expect(seen).toMatchObject({ state: 'running', kind: 'avatar', name: 'mia' });
    await expect.poll(async () => (await view(seen.id)).bytes).toBeGreaterThan(5);
    const second = imported('avatar', [['bella/coords.pkl', 'x']]);
    expect((await fetch(`${url}/api/imports/${seen.id}`, { method: 'DELETE' })).status).toBe(200);
    expect((await second).problem).toMatch(/^full_imgs is missing/);
    await expect.poll(first.reply).toContain('the import was cancelled');
    first.socket.destroy();
    expect((await views()).map(({ name }) => name)).toEqual(['bella']);
  });

  it('is forgotten when its sender goes away', async () => {
    const { socket } = halfSent();
    await receiving();
    socket.destroy();
    await expect.poll(views).toEqual([]);
    expect(readdirSync(join(dataDir, 'imports'))).toEqual([]);
  });

  it('waits in a short row, and one more is asked to come again', async () => {
    const first = halfSent();
    await receiving();
    const waiting = Array.from({ length: 4 }, (_, i) => send('avatar', [[`x${i}/coords.pkl`, 'x']]));
    await expect.poll(async () => (await send('avatar', [['a/coords.pkl', 'x']])).status).toBe(503);
    first.socket.destroy();
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(200);
  });

  it('is stopped in its work, and leaves nothing', async () => {
    const many: Part[] = folder('dora/');
    const { body } = await send('avatar', many);
    const { id } = importReply.parse(body).data;
    expect((await fetch(`${url}/api/imports/${id}`, { method: 'DELETE' })).status).toBe(200);
    expect((await fetch(`${url}/api/imports/${id}`)).status).toBe(404);
    expect(readdirSync(join(dataDir, 'imports'))).toEqual([]);
  });
});
