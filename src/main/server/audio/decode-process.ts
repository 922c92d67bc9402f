import { HeraldError } from '../errors';
import { type DecodedAudio, openAudio } from './decode';
import type { FromDecoder, ToDecoder } from './decode-messages';

/**
 * The decoder process: FFmpeg reads here what strangers have sent. It is a process of its own because a file that makes FFmpeg
 * crash, hang or eat memory must cost its own request and nothing else. It keeps nothing that cannot be sent again, and ends with
 * its parent.
 */

/** A quarter of a second: 48 KB a message, a few of which are on their way. */
const PIECE_SAMPLES = 12_000;
const MEMORY_REPORT_MS = 500;

class Upload {
  readonly bytes: Uint8Array;
  readonly stop = new AbortController();
  private audio: DecodedAudio | undefined;
  private opening: Promise<void> | undefined;
  private reading: Promise<void> | undefined;
  private allowedSamples = 0;
  private wake = () => {};

  constructor(
    readonly id: number,
    totalBytes: number,
  ) {
    this.bytes = new Uint8Array(totalBytes);
  }

  open(maxMinutes: number): void {
    this.opening = (async () => {
      this.audio = await openAudio(this.bytes, { maxMinutes, signal: this.stop.signal });
      const { durationMs, truncated } = this.audio;
      send({ type: 'opened', id: this.id, durationMs, truncated });
    })().catch((error: unknown) => this.fail(error));
  }

  allow(samples: number): void {
    this.allowedSamples += samples;
    this.wake();
    this.reading ??= this.read().catch((error: unknown) => this.fail(error));
  }

  private fail(error: unknown): void {
    if (this.stop.signal.aborted) return;
    const message = error instanceof Error ? error.message : String(error);
    const refused = error instanceof HeraldError && error.kind === 'refused';
    send({ type: 'failed', id: this.id, message, refused });
  }

  async close(): Promise<void> {
    this.stop.abort(new Error('closed'));
    this.wake();
    await this.opening;
    await this.reading;
    await this.audio?.close();
  }

  private async read(): Promise<void> {
    const { audio, id } = this;
    if (!audio) throw new Error('it was not opened');
    let pieces: Float32Array[] = [];
    let length = 0;
    const flush = async () => {
      while (this.allowedSamples <= 0 && !this.stop.signal.aborted) {
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
      if (length === 0 || this.stop.signal.aborted) return;
      const samples = new Float32Array(length);
      let at = 0;
      for (const piece of pieces) {
        samples.set(piece, at);
        at += piece.length;
      }
      this.allowedSamples -= length;
      pieces = [];
      length = 0;
      send({ type: 'pcm', id, samples });
    };
    let isFirst = true;
    for await (const { samples } of audio.chunks()) {
      pieces.push(samples);
      length += samples.length;
      // The first is waited for by people; the others come as fast as it can be done.
      if (isFirst || length >= PIECE_SAMPLES) await flush();
      isFirst = false;
      if (this.stop.signal.aborted) return;
    }
    await flush();
    if (!this.stop.signal.aborted) send({ type: 'end', id, truncated: audio.truncated });
  }
}

/** The callback keeps a write to a parent that has just gone from becoming an uncaught error. */
const send = (message: FromDecoder) => void process.send!(message, undefined, undefined, () => {});

let upload: Upload | undefined;

function receive(message: ToDecoder): void {
  if (message.type === 'bytes' && message.at === 0) upload = new Upload(message.id, message.totalBytes);
  const { id } = message;
  const current = upload?.id === id ? upload : undefined;
  if (!current) {
    if (message.type === 'close') send({ type: 'closed', id });
    return;
  }
  switch (message.type) {
    case 'bytes':
      current.bytes.set(message.data, message.at);
      return;
    case 'open':
      current.open(message.maxMinutes);
      return;
    case 'more':
      current.allow(message.samples);
      return;
    case 'close':
      upload = undefined;
      void current.close().finally(() => send({ type: 'closed', id }));
  }
}

if (!process.send) throw new Error('This is the decoder process of Herald; it is started by the server.');
process.on('message', receive);
// Not `exit`: that would run the destructors of a library which may be at work on another thread.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C in a terminal reaches the whole group; when to stop is the parent's decision.
process.on('SIGINT', () => {});
if (process.platform !== 'linux') {
  setInterval(() => send({ type: 'memory', rssBytes: process.memoryUsage.rss() }), MEMORY_REPORT_MS).unref();
}
