import { openAudio } from '../audio/decode';
import type { PcmChunk } from '../audio/frame';
import { HeraldError } from '../errors';
import { CutOff, type HttpFaults } from './http-faults';
import { PcmStream } from './pcm-stream';
import { WavProblem, WavStream } from './wav-stream';

export interface SoundAnswer {
  /** In lower case; '' where the server did not say. */
  contentType: string;
  /** Rate of bare samples. */
  bareRateHz: number;
  faults: HttpFaults;
  signal: AbortSignal;
}

type SoundKind = 'wav' | 'bare' | 'file';

/** Needed to tell what an answer is. */
const SNIFF_BYTES = 12;
const MAX_TEXT_BYTES = 4_096;
/** A whole mp3 frame of the largest kind and the header of the next. */
const SNIFF_MP3_BYTES = 1_445;
/** Compressed speech is 1 to 2 MB a minute at most. */
const MAX_FILE_BYTES = 32 << 20;

/**
 * The speech in an answer, whatever it came as: WAV as it arrives, bare s16le mono, or an mp3, ogg, flac or aac, which is read
 * whole. Servers often answer something else than what was asked for, so the bytes decide, not the request.
 * @throws ProviderError for a broken header, an answer without sound, and, after what came has been yielded, for one that
 *   was cut off; the signal's reason when aborted
 */
export async function* readSound(bytes: AsyncGenerator<Buffer>, answer: SoundAnswer): AsyncGenerator<PcmChunk> {
  const { faults, signal } = answer;
  let heardMs = 0;
  try {
    for await (const chunk of decode(bytes, answer)) {
      heardMs += (chunk.samples.length * 1_000) / chunk.sampleRateHz;
      yield chunk;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CutOff) throw faults.cutOff(heardMs, error);
    if (error instanceof WavProblem) throw faults.make(`${faults.address} ${error.message}`, CORRECT_FORMAT);
    if (error instanceof HeraldError) {
      throw faults.make(`${faults.address} sent a damaged sound file`, CORRECT_FORMAT, { cause: error });
    }
    throw error;
  } finally {
    await bytes.return(undefined);
  }
  if (heardMs === 0) throw faults.noSound();
}

const CORRECT_FORMAT = 'Let the voice server answer WAV or 16-bit PCM.';

async function* decode(bytes: AsyncGenerator<Buffer>, answer: SoundAnswer): AsyncGenerator<PcmChunk> {
  const { head, kind } = await sniff(bytes, answer);
  const all = prepend(head, bytes);
  if (kind === 'wav') yield* decodeWav(all);
  else if (kind === 'file') yield* decodeFile(all, answer);
  else {
    const pcm = new PcmStream();
    for await (const part of all) {
      const samples = pcm.push(part);
      if (samples.length > 0) yield { samples, sampleRateHz: answer.bareRateHz };
    }
  }
}

async function* decodeWav(bytes: AsyncIterable<Buffer>): AsyncGenerator<PcmChunk> {
  const wav = new WavStream();
  let cut: unknown;
  try {
    for await (const part of bytes) yield* wav.push(part);
  } catch (error) {
    if (!(error instanceof CutOff)) throw error;
    cut = error;
  }
  const { chunks, missingBytes } = wav.end();
  yield* chunks;
  if (cut !== undefined) throw cut;
  if (missingBytes > 0) throw new CutOff(`${missingBytes} bytes of the WAV are missing`);
}

async function* decodeFile(bytes: AsyncIterable<Buffer>, { faults, signal }: SoundAnswer): AsyncGenerator<PcmChunk> {
  const parts: Buffer[] = [];
  let length = 0;
  let cut: unknown;
  try {
    for await (const part of bytes) {
      parts.push(part);
      length += part.length;
      if (length > MAX_FILE_BYTES) throw faults.make(`${faults.address} sent a sound file without end`, CORRECT_FORMAT);
    }
  } catch (error) {
    if (!(error instanceof CutOff)) throw error;
    cut = error;
  }
  const audio = await openAudio(Buffer.concat(parts), { signal }).catch((error: unknown) => {
    // Too little of it to play: what happened is that it broke off.
    throw cut ?? error;
  });
  try {
    for await (const chunk of audio.chunks()) {
      signal.throwIfAborted();
      yield chunk;
    }
  } finally {
    await audio.close();
  }
  if (cut !== undefined) throw cut;
}

async function* prepend(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* rest;
}

/** Reads as much of the beginning as it takes to tell what it is. */
async function sniff(
  bytes: AsyncGenerator<Buffer>,
  { contentType, faults }: SoundAnswer,
): Promise<{ head: Buffer; kind: SoundKind }> {
  let head: Buffer = Buffer.alloc(0);
  for (;;) {
    // One that begins like an mp3 frame needs a second look: two bytes of any sound may look like one.
    const enough = looksLikeMp3(head) ? SNIFF_MP3_BYTES : SNIFF_BYTES;
    if (head.length >= enough) break;
    const { value, done } = await bytes.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const start = head.toString('latin1', 0, SNIFF_BYTES);
  if (start.startsWith('RIFF')) return { head, kind: 'wav' };
  if (/^[\t\n\r -~]{8,}$/.test(start) && /^\s*[<{[]/.test(start)) {
    const text = await readText(head, bytes);
    throw faults.notSound(/^\s*</.test(start) ? 'a web page' : 'JSON', text);
  }
  if (/^(ID3|OggS|fLaC)/.test(start)) return { head, kind: 'file' };
  const compressed = /mpeg|mp3|mp4|aac|ogg|opus|flac|webm/.test(contentType);
  return { head, kind: compressed || isMp3(head) ? 'file' : 'bare' };
}

/** Words where sound was due: as much of them as explains why. */
async function readText(head: Buffer, bytes: AsyncGenerator<Buffer>): Promise<string> {
  let text = head;
  try {
    while (text.length < MAX_TEXT_BYTES) {
      const { value, done } = await bytes.next();
      if (done) break;
      text = Buffer.concat([text, value]);
    }
  } catch (error) {
    if (!(error instanceof CutOff)) throw error;
  }
  return text.toString('utf8', 0, MAX_TEXT_BYTES);
}

const looksLikeMp3 = (head: Buffer): boolean => head.length >= 2 && head[0] === 0xff && (head[1]! & 0xe0) === 0xe0;

const MP3_KBPS = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MP3_KBPS_LOW = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const MP3_RATES_HZ = [44_100, 48_000, 32_000];

/** A layer III frame that another one follows where its header says (ISO 11172-3, 13818-3). */
function isMp3(head: Buffer): boolean {
  if (head.length < 4 || !looksLikeMp3(head) || (head[1]! & 6) !== 2) return false;
  const version = (head[1]! >> 3) & 3; // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
  const kbps = (version === 3 ? MP3_KBPS : MP3_KBPS_LOW)[head[2]! >> 4];
  const rateHz = MP3_RATES_HZ[(head[2]! >> 2) & 3];
  if (!kbps || !rateHz || version === 1) return false;
  const halved = version === 3 ? 1 : version === 2 ? 2 : 4;
  const frameBytes =
    Math.floor(((version === 3 ? 144_000 : 72_000) * kbps) / (rateHz / halved)) + ((head[2]! >> 1) & 1);
  return head.length >= frameBytes + 2 && looksLikeMp3(head.subarray(frameBytes));
}
