import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** An FLV tag's content as it came, with its time. */
export interface RtmpMedia {
  kind: 'video' | 'audio';
  timeMs: number;
  bytes: Buffer;
}

/** One publisher. */
export interface Publication {
  app: string;
  key: string;
  media: RtmpMedia[];
  metadata: boolean;
  /** It said goodbye (FCUnpublish or deleteStream) before it left. */
  ended: boolean;
}

const HANDSHAKE_BYTES = 1_536;
const SET_CHUNK_SIZE = 1;
const AUDIO = 8;
const VIDEO = 9;
const DATA = 18;
const COMMAND = 20;

/** An RTMP server (Adobe's specification 1.0) that takes what is published, refuses it, or stops reading, as it is told. */
export class RtmpServer {
  readonly publications: Publication[] = [];
  /** Refuses streams as a server does whose key is wrong or in use. */
  refuses = false;
  private readonly sockets = new Set<Socket>();
  private paused = false;
  private readonly server: Server = createServer((socket) => {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {}); // publishers are killed in tests
    const publisher = new Publisher(socket, this);
    socket.on('data', (bytes) => publisher.take(bytes));
    if (this.paused) socket.pause();
  });

  /** @returns the port */
  async listen(port = 0): Promise<number> {
    await new Promise<void>((done) => this.server.listen(port, '127.0.0.1', done));
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes nothing any more, or goes on. */
  pause(paused: boolean): void {
    this.paused = paused;
    for (const socket of this.sockets) {
      if (paused) socket.pause();
      else socket.resume();
    }
  }

  /** Every publisher loses its connection without a word. */
  drop(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  get connections(): number {
    return this.sockets.size;
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise((done) => this.server.close(done));
  }
}

interface Message {
  type: number;
  timeMs: number;
  streamId: number;
  bytes: Buffer;
}

/** What is known of a chunk stream: section 5.3.1.2 lets later chunks leave out what has not changed. */
interface ChunkStream {
  timeMs: number;
  deltaMs: number;
  extended: boolean;
  length: number;
  type: number;
  streamId: number;
  parts: Buffer[];
  missing: number;
}

class Publisher {
  private buffer: Buffer = Buffer.alloc(0);
  private stage: 'c0c1' | 'c2' | 'chunks' = 'c0c1';
  private chunkBytes = 128;
  private readonly streams = new Map<number, ChunkStream>();
  private app = '';
  private publication: Publication | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly server: RtmpServer,
  ) {}

  take(bytes: Buffer): void {
    this.buffer = this.buffer.length > 0 ? Buffer.concat([this.buffer, bytes]) : bytes;
    if (this.stage === 'c0c1' && this.buffer.length >= 1 + HANDSHAKE_BYTES) {
      const c1 = this.buffer.subarray(1, 1 + HANDSHAKE_BYTES);
      this.socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(HANDSHAKE_BYTES), c1]));
      this.buffer = this.buffer.subarray(1 + HANDSHAKE_BYTES);
      this.stage = 'c2';
    }
    if (this.stage === 'c2' && this.buffer.length >= HANDSHAKE_BYTES) {
      this.buffer = this.buffer.subarray(HANDSHAKE_BYTES);
      this.stage = 'chunks';
    }
    while (this.stage === 'chunks' && this.chunk());
  }

  /** Reads one chunk; false when it has not come whole. */
  private chunk(): boolean {
    const b = this.buffer;
    if (b.length < 1) return false;
    const format = b[0]! >> 6;
    const id = b[0]! & 63;
    if (id < 2) throw new Error('the test server knows small chunk stream ids only');
    const headerBytes = [11, 7, 3, 0][format]!;
    if (b.length < 1 + headerBytes) return false;
    const known = this.streams.get(id);
    const stream = known ?? {
      timeMs: 0,
      deltaMs: 0,
      extended: false,
      length: 0,
      type: 0,
      streamId: 0,
      parts: [],
      missing: 0,
    };
    const begins = stream.missing === 0;
    let at = 1 + headerBytes;
    let time = format < 3 ? b.readUIntBE(1, 3) : stream.deltaMs;
    const extended = format < 3 ? time === 0xffffff : stream.extended;
    if (extended) {
      if (b.length < at + 4) return false;
      time = b.readUInt32BE(at);
      at += 4;
    }
    const length = format < 2 ? b.readUIntBE(4, 3) : stream.length;
    const bodyBytes = Math.min(this.chunkBytes, begins ? length : stream.missing);
    if (b.length < at + bodyBytes) return false;
    if (begins) {
      stream.timeMs = format === 0 ? time : stream.timeMs + time;
      Object.assign(stream, { deltaMs: format === 0 ? 0 : time, extended, length, missing: length });
      if (format < 2) stream.type = b[7]!;
      if (format === 0) stream.streamId = b.readUInt32LE(8);
    }
    stream.parts.push(Buffer.from(b.subarray(at, at + bodyBytes)));
    stream.missing -= bodyBytes;
    this.streams.set(id, stream);
    this.buffer = b.subarray(at + bodyBytes);
    if (stream.missing === 0) {
      const { type, timeMs, streamId, parts } = stream;
      stream.parts = [];
      this.message({ type, timeMs, streamId, bytes: Buffer.concat(parts) });
    }
    return true;
  }

  private message({ type, timeMs, bytes }: Message): void {
    if (type === SET_CHUNK_SIZE) this.chunkBytes = bytes.readUInt32BE(0);
    else if (type === COMMAND) this.command(bytes);
    else if (type === DATA && this.publication) this.publication.metadata = true;
    else if ((type === VIDEO || type === AUDIO) && this.publication) {
      this.publication.media.push({ kind: type === VIDEO ? 'video' : 'audio', timeMs, bytes });
    }
  }

  private command(bytes: Buffer): void {
    const [name, transaction, , argument] = readAmf(bytes);
    switch (name) {
      case 'connect': {
        // The first of the command object's properties: app, a string.
        this.app = String(readAmf(bytes.subarray(bytes.indexOf('app') + 3))[0]);
        this.reply(['_result', transaction, {}, { level: 'status', code: 'NetConnection.Connect.Success' }]);
        return;
      }
      case 'createStream':
        this.reply(['_result', transaction, null, 1]);
        return;
      case 'publish': {
        if (this.server.refuses) {
          this.reply(['onStatus', 0, null, { level: 'error', code: 'NetStream.Publish.BadName' }]);
          return;
        }
        this.publication = { app: this.app, key: String(argument), media: [], metadata: false, ended: false };
        this.server.publications.push(this.publication);
        this.reply(['onStatus', 0, null, { level: 'status', code: 'NetStream.Publish.Start' }]);
        return;
      }
      case 'FCUnpublish':
      case 'deleteStream':
        if (this.publication) this.publication.ended = true;
    }
  }

  /** Command messages are small: one chunk of the usual size, or several of 128 bytes. */
  private reply(values: AmfValue[]): void {
    const body = Buffer.concat(values.map(writeAmf));
    const header = Buffer.alloc(12);
    header[0] = 3;
    header.writeUIntBE(body.length, 4, 3);
    header[7] = COMMAND;
    const pieces: Buffer[] = [header, body.subarray(0, 128)];
    for (let at = 128; at < body.length; at += 128) pieces.push(Buffer.from([0xc3]), body.subarray(at, at + 128));
    this.socket.write(Buffer.concat(pieces));
  }
}

type AmfValue = string | number | null | { [key: string]: string };

/** AMF 0: the leading values of a command, as far as they are strings, numbers, null or objects (read as {}). */
function readAmf(bytes: Buffer): AmfValue[] {
  const values: AmfValue[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at]!;
    if (type === 0) {
      values.push(bytes.readDoubleBE(at + 1));
      at += 9;
    } else if (type === 2) {
      const length = bytes.readUInt16BE(at + 1);
      values.push(bytes.toString('utf8', at + 3, at + 3 + length));
      at += 3 + length;
    } else if (type === 5) {
      values.push(null);
      at += 1;
    } else return values;
  }
  return values;
}

function writeAmf(value: AmfValue): Buffer {
  if (value === null) return Buffer.from([5]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (typeof value === 'string') return Buffer.concat([Buffer.from([2]), amfText(value)]);
  const pairs = Object.entries(value).flatMap(([key, text]) => [amfText(key), writeAmf(text)]);
  return Buffer.concat([Buffer.from([3]), ...pairs, Buffer.from([0, 0, 9])]);
}

function amfText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
