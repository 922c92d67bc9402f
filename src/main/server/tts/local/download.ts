import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeraldError } from '../../errors';

export interface DownloadRequest {
  url: string;
  /** Where it goes; what has come of it is in `FILE.part` until it is complete. */
  file: string;
  /** What is known about it. */
  sizeBytes?: number;
  md5?: string;
  sha256?: string;
}

export interface DownloadOptions {
  signal: AbortSignal;
  /** `totalBytes` is undefined where the server does not tell. */
  onProgress?: (progress: { receivedBytes: number; totalBytes: number | undefined }) => void;
  /** A connection that brings nothing for so long is given up and made anew. */
  stallMs?: number;
  /** Before another attempt; it doubles with each one that brought nothing. */
  retryMs?: number;
  /** What names another host to download from, in messages. Default `--from`. */
  mirrorSetting?: string;
}

/** Stands in messages for what names another host. */
const MIRROR = '{mirror}';
/** Attempts in a row that bring nothing. */
const MAX_IDLE_ATTEMPTS = 4;
/** Left free for others. */
const SPARE_BYTES = 100 << 20;

/** The connection, not the answer, was at fault. */
class Interrupted extends Error {}

/**
 * Downloads a file, going on where an earlier download stopped (RFC 9110, 14.2), and puts it into place when it is complete and
 * its checksums are right. On an abort, what has come stays for the next time.
 * @returns its SHA-256
 * @throws HeraldError('refused') that says what to do; the signal's reason
 */
export async function downloadFile(request: DownloadRequest, options: DownloadOptions): Promise<string> {
  const { mirrorSetting = '--from' } = options;
  try {
    return await download(request, options);
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof HeraldError)) throw error;
    throw refuse(error.message.replaceAll(MIRROR, mirrorSetting));
  }
}

async function download(request: DownloadRequest, options: DownloadOptions): Promise<string> {
  const { signal, retryMs = 1_000 } = options;
  const part = `${request.file}.part`;
  await mkdir(dirname(part), { recursive: true });
  let idle = 0;
  for (;;) {
    signal.throwIfAborted();
    const before = await sizeOf(part);
    try {
      await fetchRest(request, part, options);
      break;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Interrupted)) throw explain(error, request);
      idle = (await sizeOf(part)) > before ? 0 : idle + 1;
      if (idle >= MAX_IDLE_ATTEMPTS) {
        throw refuse(
          `${request.url} cannot be reached (${error.message}). Check the internet connection, or name a mirror with ${MIRROR}; ` +
            'the download goes on where it stopped.',
        );
      }
      await sleep(retryMs * 2 ** idle, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
  const sha256 = await verify(request, part);
  await rename(part, request.file);
  await rm(`${part}.etag`, { force: true });
  return sha256;
}

async function fetchRest(request: DownloadRequest, part: string, options: DownloadOptions): Promise<void> {
  const have = await sizeOf(part);
  if (have > 0 && have === request.sizeBytes) return;
  const etag = await readFile(`${part}.etag`, 'utf8').catch(() => undefined);
  // Without an ETag nobody can tell whether the rest belongs to this beginning, unless a checksum does it in the end.
  const resume = have > 0 && (etag !== undefined || request.md5 !== undefined || request.sha256 !== undefined);
  const stall = new Stall(options.stallMs ?? 30_000, options.signal);
  try {
    const response = await connect(request.url, stall.signal, resume ? { have, etag } : undefined);
    try {
      const start = startOf(response, have);
      if (start === undefined) {
        await rm(part, { force: true });
        throw new Interrupted('the server has another file now');
      }
      const length = Number(response.headers.get('content-length') ?? Number.NaN);
      const totalBytes = Number.isNaN(length) ? request.sizeBytes : start + length;
      if (request.sizeBytes !== undefined && totalBytes !== request.sizeBytes) {
        throw refuse(
          `${request.url} has ${totalBytes} bytes, and ${request.sizeBytes} were expected: it is another file, or an error ` +
            `page. Name another mirror with ${MIRROR}.`,
        );
      }
      await checkRoom(dirname(part), (totalBytes ?? 0) - start);
      const newTag = response.headers.get('etag');
      // A weak one does not promise equal bytes.
      if (newTag && !newTag.startsWith('W/')) await writeFile(`${part}.etag`, newTag);
      const received = await save(response, part, start, stall, (receivedBytes) =>
        options.onProgress?.({ receivedBytes, totalBytes }),
      );
      if (totalBytes !== undefined && received < totalBytes) {
        throw new Interrupted(`the connection ended after ${received} of ${totalBytes} bytes`);
      }
    } finally {
      await response.body?.cancel().catch(() => {});
    }
  } finally {
    stall.end();
  }
}

async function connect(
  url: string,
  signal: AbortSignal,
  resume: { have: number; etag: string | undefined } | undefined,
): Promise<Response> {
  // Compressed answers have no ranges.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (resume) {
    headers.range = `bytes=${resume.have}-`;
    if (resume.etag) headers['if-range'] = resume.etag;
  }
  let response: Response;
  try {
    response = await fetch(url, { headers, signal });
  } catch (error) {
    throw interrupted(error);
  }
  const { status } = response;
  if (response.ok || status === 416) return response;
  await response.body?.cancel().catch(() => {});
  if (status === 429 || status >= 500) throw new Interrupted(`it answers ${status}`);
  if (status === 404) throw refuse(`${url} is not there (404). Another voice, or a mirror (${MIRROR}), may do.`);
  throw refuse(`${url} may not be downloaded (it answers ${status}). Name a mirror with ${MIRROR}.`);
}

/** Where the answer's bytes belong; undefined when the beginning that is here is of no use. */
function startOf(response: Response, have: number): number | undefined {
  if (response.status === 200) return 0;
  if (response.status !== 206) return undefined;
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  return Number(start) === have ? have : undefined;
}

async function save(
  response: Response,
  part: string,
  start: number,
  stall: Stall,
  onBytes: (received: number) => void,
): Promise<number> {
  if (!response.body) return start;
  const handle: FileHandle = await open(part, start === 0 ? 'w' : 'r+');
  let at = start;
  try {
    await handle.truncate(start);
    const bytes = response.body[Symbol.asyncIterator]();
    for (;;) {
      const step = await bytes.next().catch((error: unknown) => {
        throw interrupted(error);
      });
      if (step.done) return at;
      stall.progress();
      const chunk: Uint8Array = step.value;
      for (let done = 0; done < chunk.length; ) {
        done += (await handle.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
      }
      at += chunk.length;
      onBytes(at);
    }
  } finally {
    await handle.close();
  }
}

/** Aborts when nothing has come for a while, or when the caller does. */
class Stall {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;

  constructor(limitMs: number, signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
    this.#timer = setTimeout(() => this.#controller.abort(new Error(`nothing came for ${limitMs / 1_000} s`)), limitMs);
  }

  progress(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

async function verify({ url, file, sizeBytes, md5, sha256 }: DownloadRequest, part: string): Promise<string> {
  const size = await sizeOf(part);
  const hashes = { md5: createHash('md5'), sha256: createHash('sha256') };
  for await (const chunk of createReadStream(part)) {
    hashes.md5.update(chunk);
    hashes.sha256.update(chunk);
  }
  const found = { md5: hashes.md5.digest('hex'), sha256: hashes.sha256.digest('hex') };
  const wrong =
    (sizeBytes !== undefined && size !== sizeBytes) ||
    (md5 !== undefined && found.md5 !== md5) ||
    (sha256 !== undefined && found.sha256 !== sha256);
  if (!wrong) return found.sha256;
  await rm(part, { force: true });
  await rm(`${part}.etag`, { force: true });
  throw refuse(
    `What came from ${url} is not ${basename(file)} as it was published (its checksum is another one), and was deleted. Try ` +
      `again, or name another mirror with ${MIRROR}.`,
  );
}

async function checkRoom(dir: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  const free = bavail * bsize;
  if (free >= bytes + SPARE_BYTES) return;
  const megabytes = (count: number) => `${Math.ceil(count / 1e6)} MB`;
  throw refuse(
    `There is no room for ${megabytes(bytes)} in ${dir} (${megabytes(free)} are free, ${megabytes(SPARE_BYTES)} stay so). Make ` +
      'room, or choose another data folder with --data.',
  );
}

const sizeOf = (file: string) =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  );

/** `fetch failed` and `terminated` say nothing; their causes do. */
function interrupted(error: unknown): Interrupted {
  const { message, cause } = error as Error;
  return new Interrupted(cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : message, {
    cause: error,
  });
}

function explain(error: unknown, { file }: DownloadRequest): Error {
  if (error instanceof HeraldError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC')
    return refuse(`The disk is full: ${basename(file)} could not be written. Make room and try again.`);
  return refuse(`${file} could not be written (${message}). Check the folder and its permissions.`);
}

const refuse = (message: string) => new HeraldError('refused', message);
