import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { encodeMp3, glide } from './mp3';

/**
 * What the stand-in does to a sentence or to the connection.
 * - `speak`: what the real service does.
 * - `refuse`, `page`, `unavailable`: 403, a web page (200), 503 at the upgrade. `deaf`: never answers the upgrade.
 * - `close`: hangs up after turn.start. `break-off`: hangs up after the first sound. `stall`: falls silent after it.
 * - `truncate`: the last frame is half, the sentence ends. `silent`: the sentence ends without sound.
 * - `noise`: not mp3 but text where sound should be. `strange`: correct, among frames that nobody asked for.
 */
export type EdgeBehaviour =
  | 'speak'
  | 'refuse'
  | 'page'
  | 'unavailable'
  | 'deaf'
  | 'close'
  | 'break-off'
  | 'stall'
  | 'truncate'
  | 'silent'
  | 'noise'
  | 'strange';

/** One sentence as it came over the wire. */
export interface EdgeRequest {
  voice: string;
  rate: string;
  pitch: string;
  language: string;
  /** With the XML escapes undone. */
  text: string;
  outputFormat: string;
}

export interface EdgeServer {
  /** `http://127.0.0.1:PORT`: what `EdgeTts` takes as `endpoint`. */
  readonly url: string;
  behaviour: EdgeBehaviour;
  /** How far this server's clock is from the machine's. */
  clockOffsetMs: number;
  readonly requests: EdgeRequest[];
  /** Upgrades asked for so far, refused ones included. */
  readonly upgrades: number;
  /** How often the list of voices was read. */
  readonly listings: number;
  /** Connections that asked for an upgrade and are open now. */
  readonly connections: number;
  /** The codes with which WebSockets ended, in order: 1005 for a proper close without one, 1006 for none. */
  readonly closings: readonly number[];
  /** Samples at 24 kHz that the last sentence decodes to. */
  readonly lastSamples: number;
  close(): Promise<void>;
}

const BASE = '/consumer/speech/synthesize/readaloud';
const ORIGIN = 'chrome-extension://jdiccldimpdaibmpdkjnbmckianbfold';
/** What a voice takes for a character, so that sentences differ in length. */
const CHARACTER_MS = 60;
/** The real service sends 720 bytes a message; a number that cuts frames of 144 is the harder case. */
const MESSAGE_BYTES = 500;

export const EDGE_VOICES = [
  ['zh-CN-XiaoxiaoNeural', 'Female', 'Microsoft Xiaoxiao Online (Natural) - Chinese (Mainland)'],
  ['zh-CN-YunxiNeural', 'Male', 'Microsoft Yunxi Online (Natural) - Chinese (Mainland)'],
  ['zh-CN-liaoning-XiaobeiNeural', 'Female', 'Microsoft Xiaobei Online (Natural) - Chinese (Northeastern Mandarin)'],
  ['en-US-AvaMultilingualNeural', 'Female', 'Microsoft AvaMultilingual Online (Natural) - English (United States)'],
  ['en-GB-RyanNeural', 'Male', 'Microsoft Ryan Online (Natural) - English (United Kingdom)'],
  ['ja-JP-NanamiNeural', 'Female', 'Microsoft Nanami Online (Natural) - Japanese (Japan)'],
  ['ko-KR-SunHiNeural', 'Female', 'Microsoft SunHi Online (Natural) - Korean (Korea)'],
] as const;

/**
 * A stand-in for Microsoft Edge's read-aloud service on a loopback port. It is as strict as the real one where clients went
 * wrong before: the path, the Origin, a Sec-MS-GEC of the current five minutes, speech.config before the first sentence,
 * well-formed SSML, a voice that exists.
 */
export async function startEdgeServer(behaviour: EdgeBehaviour = 'speak'): Promise<EdgeServer> {
  const sockets = new Set<Socket>();
  const upgrading = new WebSocketServer({ noServer: true });
  const upgraded = new Set<Duplex>();
  const requests: EdgeRequest[] = [];
  const closings: number[] = [];
  let upgrades = 0;
  let listings = 0;

  const http = createServer((request, response) => {
    if (!request.url?.startsWith(`${BASE}/voices/list?trustedclienttoken=`)) {
      response.writeHead(404).end();
    } else if (edge.behaviour === 'unavailable') {
      response.writeHead(503, { 'content-type': 'text/html' }).end(PAGE);
    } else if (edge.behaviour === 'page') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    } else if (edge.behaviour !== 'deaf') {
      listings++;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(voiceList()));
    }
  });
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  http.on('upgrade', (request, socket, head) => {
    upgrades++;
    upgraded.add(socket);
    socket.on('close', () => upgraded.delete(socket));
    socket.on('error', () => {});
    const nowMs = Date.now() + edge.clockOffsetMs;
    if (edge.behaviour === 'deaf') {
      // Only a stream that is read tells that the other end has gone, and HTTP servers keep their half open then.
      socket.on('end', () => socket.destroy()).resume();
      return;
    }
    const status = upgradeStatus(request, edge.behaviour, nowMs);
    if (status !== 101) return answerPlainly(socket, status, nowMs);
    upgrading.handleUpgrade(request, socket, head, converse);
  });

  function converse(socket: WebSocket): void {
    let outputFormat: string | undefined;
    socket.on('error', () => {});
    socket.on('close', (code) => closings.push(code));
    socket.on('message', (data) => {
      const [head = '', body = ''] = split(String(data));
      if (/^Path:speech\.config$/m.test(head)) {
        outputFormat = JSON.parse(body).context.synthesis.audio.outputFormat;
        return;
      }
      const requestId = /^X-RequestId:([0-9a-f]{32})$/m.exec(head)?.[1];
      if (!/^Path:ssml$/m.test(head) || !requestId || !outputFormat) return socket.close(1002, 'Unexpected message');
      const spoken = parseSsml(body);
      if (!spoken) return socket.close(1007, 'SSML is invalid');
      requests.push({ ...spoken, outputFormat });
      if (!EDGE_VOICES.some(([name]) => name === spoken.voice)) {
        return socket.close(1007, `Unsupported voice ${spoken.voice}.`);
      }
      void answer(socket, requestId, spoken.text);
    });
  }

  async function answer(socket: WebSocket, requestId: string, text: string): Promise<void> {
    const { behaviour: act } = edge;
    const send = async (message: string | Buffer) => {
      socket.send(message);
      // A turn of the event loop between messages, as a network has.
      await new Promise((resolve) => setImmediate(resolve));
    };
    if (act === 'strange') {
      await send('Path:audio.metadata\r\n\r\n{"Metadata":[]}');
      await send(binary('0'.repeat(32), Buffer.from('late')));
      await send(Buffer.of(0));
      await send(message(requestId, 'audio.metadata', '{"Metadata":[{"Type":"SessionEnd","Data":{"Offset":0}}]}'));
      await send(message('f'.repeat(32), 'turn.end', '{}'));
    }
    await send(message(requestId, 'turn.start', '{"context":{"serviceTag":"0"}}'));
    await send(message(requestId, 'response', '{"context":{"serviceTag":"0"},"audio":{"type":"inline"}}'));
    if (act === 'close') return socket.close(1011, 'Internal error');
    let mp3 = soundOf(text);
    if (act === 'truncate') mp3 = mp3.subarray(0, -70);
    if (act === 'noise') mp3 = Buffer.from(PAGE.repeat(50));
    if (act === 'silent') mp3 = Buffer.alloc(0);
    for (let at = 0; at < mp3.length && socket.readyState === socket.OPEN; at += MESSAGE_BYTES) {
      await send(binary(requestId, mp3.subarray(at, at + MESSAGE_BYTES)));
      if (act === 'stall') return;
      if (act === 'break-off') return socket.terminate();
    }
    // The real service ends the sound with a message that holds none.
    await send(binary(requestId, Buffer.alloc(0)));
    await send(message(requestId, 'turn.end', '{}'));
  }

  /** Whole frames, so that its length in samples is known. */
  function soundOf(text: string): Buffer {
    const samples = Math.max(1, Math.round((text.length * CHARACTER_MS * 24_000) / 1_000));
    const frames = encodeMp3(glide(samples));
    lastSamples = frames.length * 576;
    return Buffer.concat(frames);
  }

  let lastSamples = 0;
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const edge: EdgeServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    behaviour,
    clockOffsetMs: 0,
    requests,
    get upgrades() {
      return upgrades;
    },
    get listings() {
      return listings;
    },
    closings,
    get connections() {
      return upgraded.size;
    },
    get lastSamples() {
      return lastSamples;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      upgrading.close();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return edge;
}

const PAGE = '<!doctype html><html><body><h2>Sign in to this network</h2></body></html>';

function upgradeStatus({ url = '', headers }: IncomingMessage, behaviour: EdgeBehaviour, nowMs: number): number {
  if (behaviour === 'refuse') return 403;
  if (behaviour === 'page') return 200;
  if (behaviour === 'unavailable') return 503;
  const { pathname, searchParams } = new URL(url, 'http://edge');
  if (pathname !== `${BASE}/edge/v1`) return 404;
  const token = searchParams.get('TrustedClientToken') ?? '';
  const genuine = /^[0-9A-F]{32}$/.test(token) && headers.origin === ORIGIN && searchParams.has('ConnectionId');
  const fresh = [-1, 0, 1].some(
    (windows) => secMsGec(token, nowMs + windows * 300_000) === searchParams.get('Sec-MS-GEC'),
  );
  return genuine && fresh && searchParams.has('Sec-MS-GEC-Version') ? 101 : 403;
}

/** The proof that a client's clock is right: Windows file time in steps of five minutes, hashed with the public token. */
function secMsGec(token: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000) + 11_644_473_600;
  const ticks = BigInt(seconds - (seconds % 300)) * 10_000_000n;
  return createHash('sha256').update(`${ticks}${token}`).digest('hex').toUpperCase();
}

function answerPlainly(socket: Duplex, status: number, nowMs: number): void {
  const body = status === 403 ? '' : PAGE;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nDate: ${new Date(nowMs).toUTCString()}\r\n` +
      `Content-Type: text/html\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function split(message: string): [head: string, body: string] {
  const at = message.indexOf('\r\n\r\n');
  return [message.slice(0, at).replaceAll('\r', ''), message.slice(at + 4)];
}

const message = (requestId: string, path: string, json: string): string =>
  `X-RequestId:${requestId}\r\nContent-Type:application/json; charset=utf-8\r\nPath:${path}\r\n\r\n${json}`;

/** Two bytes with the length of the headers, the headers, the sound. */
function binary(requestId: string, mp3: Buffer): Buffer {
  const type = mp3.length > 0 ? 'Content-Type:audio/mpeg\r\n' : '';
  const head = Buffer.from(`X-RequestId:${requestId}\r\n${type}X-StreamId:${'0'.repeat(32)}\r\nPath:audio\r\n`);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(head.length);
  return Buffer.concat([length, head, mp3]);
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Reads the only SSML that clients of this service send; undefined when it is not well-formed. */
function parseSsml(ssml: string) {
  const parts =
    /^\s*<speak [^<>]*xml:lang="([^"<>&]+)"[^<>]*>\s*<voice name="([^"<>&]+)">\s*<prosody pitch="([^"<>&]*)" rate="([^"<>&]*)" volume="[^"<>&]*">([^<>]*)<\/prosody>\s*<\/voice>\s*<\/speak>\s*$/.exec(
      ssml,
    );
  if (!parts) return undefined;
  const [, language, voice, pitch, rate, escaped] = parts as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  // XML 1.0 allows no control characters but tab and line ends, not even as references.
  if (
    /&(?!(?:amp|lt|gt|quot|apos);)/.test(escaped) ||
    /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(escaped)
  ) {
    return undefined;
  }
  return {
    language,
    voice,
    pitch,
    rate,
    text: escaped.trim().replace(/&(\w+);/g, (_, name: string) => ENTITIES[name]!),
  };
}

const voiceList = () =>
  EDGE_VOICES.map(([ShortName, Gender, FriendlyName]) => ({
    Name: `Microsoft Server Speech Text to Speech Voice (${ShortName})`,
    ShortName,
    Gender,
    Locale: ShortName.split('-').slice(0, -1).join('-'),
    SuggestedCodec: 'audio-24khz-48kbitrate-mono-mp3',
    FriendlyName,
    Status: 'GA',
  }));
