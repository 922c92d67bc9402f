import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileServer } from '../../../../../testing/file-server';
import { outlineOnnx, piperSettings, temporaryFolder } from '../../../../../testing/voice-folders';
import type { CatalogueVoice } from './catalogue';
import { type DownloadRequest, downloadFile } from './download';
import { installVoice } from './install';

const CONTENT = randomBytes(600_000);
const hash = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex');
const MD5 = hash('md5', CONTENT);
const SHA256 = hash('sha256', CONTENT);

let server: FileServer;
let host: string;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let file: string;
beforeEach(async () => {
  server = new FileServer();
  host = await server.listen();
  server.files.set('/voice.bin', CONTENT);
  folder = await temporaryFolder();
  file = join(folder.dir, 'voice.bin');
});
afterEach(async () => {
  await server.close();
  await folder.remove();
});

const download = (changes: Partial<DownloadRequest> = {}, signal = AbortSignal.timeout(20_000)) =>
  downloadFile({ url: `${host}/voice.bin`, file, ...changes }, { signal, retryMs: 1, stallMs: 300 });

describe('a file', () => {
  it('comes whole, and nothing else stays beside it', async () => {
    expect(await download({ sizeBytes: CONTENT.length, md5: MD5, sha256: SHA256 })).toBe(SHA256);
    expect((await readFile(file)).equals(CONTENT)).toBe(true);
    expect(await readdir(folder.dir)).toEqual(['voice.bin']);
  });

  it('is followed to where it has moved', async () => {
    server.files.set('/moved/voice.bin', CONTENT);
    expect(await download({ url: `${host}/moved/voice.bin`, md5: MD5 })).toBe(SHA256);
    expect(server.requests.map(({ path }) => path)).toEqual(['/moved/voice.bin', '/voice.bin']);
  });

  it('goes on where the connection was cut, again and again', async () => {
    server.faults.push(
      ...[200_000, 100_000, 50_000, 1, 90_000].map((afterBytes) => ({ kind: 'cut', afterBytes }) as const),
    );
    expect(await download()).toBe(SHA256);
    const starts = server.requests.map(({ range }) => Number(/\d+/.exec(range ?? '0')![0]));
    expect(starts).toHaveLength(6);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts.at(-1)).toBeGreaterThan(0);
    expect(server.requests.slice(1).every(({ ifRange }) => ifRange !== undefined)).toBe(true);
  });

  it('goes on after a stall', async () => {
    server.faults.push({ kind: 'stall', afterBytes: 300_000 });
    expect(await download()).toBe(SHA256);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]!.range).toBe('bytes=300000-');
  });

  it('goes on after an abort, with the next call', async () => {
    const stop = new AbortController();
    server.faults.push({ kind: 'stall', afterBytes: 250_000 });
    const first = downloadFile(
      { url: `${host}/voice.bin`, file },
      {
        signal: stop.signal,
        onProgress: ({ receivedBytes, totalBytes }) => {
          expect(totalBytes).toBe(CONTENT.length);
          if (receivedBytes === 250_000) stop.abort(new Error('that is enough'));
        },
      },
    );
    await expect(first).rejects.toThrow('that is enough');
    expect(await download()).toBe(SHA256);
    expect(server.requests[1]!.range).toBe('bytes=250000-');
  });

  it('begins anew when the server has another file by now, or no ranges', async () => {
    const other = randomBytes(500_000);
    server.faults.push({ kind: 'cut', afterBytes: 100_000 });
    const stop = new AbortController();
    const once = downloadFile(
      { url: `${host}/voice.bin`, file },
      {
        signal: stop.signal,
        retryMs: 60_000,
        onProgress: ({ receivedBytes }) =>
          receivedBytes === 100_000 && setTimeout(() => stop.abort(new Error('stop')), 50),
      },
    );
    await expect(once).rejects.toThrow('stop');
    other[0] = CONTENT[0]! ^ 1;
    server.files.set('/voice.bin', other);
    expect(await download()).toBe(hash('sha256', other));

    server.ranges = false;
    server.faults.push({ kind: 'cut', afterBytes: 100_000 });
    expect(await download()).toBe(hash('sha256', other));
  });

  it('is not put together from two parts that nobody can compare', async () => {
    server.etags = false;
    server.faults.push({ kind: 'cut', afterBytes: 100_000 });
    expect(await download()).toBe(SHA256);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, undefined]);
  });

  it('is finished without a request when only its last step was missing', async () => {
    await writeFile(`${file}.part`, CONTENT);
    expect(await download({ sizeBytes: CONTENT.length, md5: MD5 })).toBe(SHA256);
    expect(server.requests).toEqual([]);
  });

  it('begins anew when more is here than there', async () => {
    await writeFile(`${file}.part`, Buffer.concat([CONTENT, CONTENT]));
    expect(await download({ md5: MD5 })).toBe(SHA256);
  });
});

describe('says what to do, and leaves no file', () => {
  it.each([
    ['md5', { md5: '0'.repeat(32) }],
    ['sha256', { sha256: '0'.repeat(64) }],
  ])('for a wrong %s', async (_, known) => {
    await expect(download(known)).rejects.toThrow(/not voice\.bin as it was published .* was deleted/);
    expect(await readdir(folder.dir)).toEqual([]);
  });

  it('for a file of another size, before it is downloaded', async () => {
    await expect(download({ sizeBytes: 63_201_294 })).rejects.toThrow('has 600000 bytes, and 63201294 were expected');
    expect(await readdir(folder.dir)).toEqual([]);
  });

  it.each([
    [404, /is not there \(404\)/, 1],
    [403, /may not be downloaded \(it answers 403\)/, 1],
    [503, /cannot be reached \(it answers 503\)\. .*mirror/, 4],
    [429, /it answers 429/, 4],
  ])('for %i', async (status, words, requests) => {
    server.faults.push(...Array.from({ length: requests }, () => ({ kind: 'status', status }) as const));
    await expect(download()).rejects.toMatchObject({ kind: 'refused', message: expect.stringMatching(words) });
    expect(server.requests).toHaveLength(requests);
    expect(await readdir(folder.dir)).toEqual([]);
  });

  it('for a server that is not there', async () => {
    await expect(download({ url: 'http://127.0.0.1:1/voice.bin' })).rejects.toThrow(/cannot be reached \(.+\)\. Check/);
  });

  it('for a server that never gets beyond a few bytes, which stay', async () => {
    server.faults.push(...Array.from({ length: 20 }, () => ({ kind: 'cut', afterBytes: 0 }) as const));
    await expect(download()).rejects.toThrow('the download goes on where it stopped');
    expect(server.requests).toHaveLength(4);
  });
});

describe('a voice', () => {
  const model = outlineOnnx({}, 2_000);
  const voice: CatalogueVoice = {
    name: 'en_US-test-low',
    language: 'en-US',
    licence: undefined,
    sizeBytes: model.length,
    files: [
      { path: '/v/t.onnx.json', name: 't.onnx.json' },
      { path: '/v/t.onnx', name: 't.onnx', sizeBytes: model.length, md5: hash('md5', model) },
    ],
  };
  const install = () =>
    installVoice(voice, { modelsDir: folder.dir, host: `${host}/`, signal: AbortSignal.timeout(20_000), retryMs: 1 });

  it('is there when all of it is, with the sums of what came', async () => {
    server.files.set('/v/t.onnx', model);
    await expect(install()).rejects.toThrow(/t\.onnx\.json is not there/);
    expect(await readdir(folder.dir)).toEqual(['.en_US-test-low.download']);

    server.files.set('/v/t.onnx.json', Buffer.from(piperSettings()));
    const dir = await install();
    expect(dir).toBe(join(folder.dir, 'en_US-test-low'));
    expect(await readdir(folder.dir)).toEqual(['en_US-test-low']);
    expect((await readdir(dir)).sort()).toEqual(['SHA256SUMS', 't.onnx', 't.onnx.json']);
    expect(await readFile(join(dir, 'SHA256SUMS'), 'utf8')).toContain(`${hash('sha256', model)}  t.onnx\n`);
    await expect(install()).rejects.toThrow('is there already. Delete it');
  });

  it('is not installed when what came is no voice', async () => {
    server.files.set('/v/t.onnx', model);
    server.files.set('/v/t.onnx.json', Buffer.from('<html>Log in to the Wi-Fi</html>'));
    await expect(install()).rejects.toThrow('t.onnx.json cannot be read as the settings of a Piper voice');
    expect(await readdir(folder.dir)).toEqual([]);
  });
});
