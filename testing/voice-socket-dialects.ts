import type { IncomingHttpHeaders } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { SocketServerOptions } from './voice-socket-server';

export type Message = string | Buffer;

/** One connection, as the service leads it. */
export interface Talk {
  greet?: Message[];
  hear(data: Buffer, isText: boolean): Reaction;
  sound(bytes: Buffer): Message[];
  end(): Message[];
}

export interface Reaction {
  send?: Message[];
  /** What was asked for. */
  request?: Record<string, unknown>;
  /** The text to be spoken now. */
  speak?: string;
  refused?: { code: number; reason: string };
}

export interface Dialect {
  path: string;
  /** Why a connection is not opened. */
  refuses(
    headers: IncomingHttpHeaders,
    url: URL,
    options: SocketServerOptions,
  ): { status: number; message: string } | undefined;
  talk(options: SocketServerOptions): Talk;
}

/** openspeech.bytedance.com, v1 ws_binary: big-endian frames, of which this checks every field that the document fixes. */
const doubao: Dialect = {
  path: '/api/v1/tts/ws_binary',
  refuses: ({ authorization = '' }, _, { key = 'doubao-token' }) =>
    authorization === `Bearer;${key}`
      ? undefined
      : { status: 401, message: `authenticate request: token ${authorization.replace('Bearer;', '')} is invalid` },
  talk: ({ voices = ['BV001_streaming', 'BV700_streaming'] }) => {
    let sequence = 0;
    const frame = (type: number, zip: number, numbers: number[], payload: Buffer): Buffer => {
      const head = Buffer.alloc(4 + 4 * numbers.length);
      head.set([0x11, type, zip, 0]);
      numbers.forEach((number, i) => {
        if (number < 0) head.writeInt32BE(number, 4 + 4 * i);
        else head.writeUInt32BE(number, 4 + 4 * i);
      });
      return Buffer.concat([head, payload]);
    };
    const refuse = (code: number, message: string, reqid: unknown): Reaction => {
      const words = gzipSync(JSON.stringify({ reqid, code, operation: 'submit', message }));
      return { send: [frame(0xf0, 0x11, [code, words.length], words)] };
    };
    return {
      hear(data) {
        const compression = data[2]! & 0xf;
        const payload = data.subarray(8);
        const fine =
          data[0] === 0x11 && data[1] === 0x10 && data[2]! >> 4 === 1 && data.readUInt32BE(4) === payload.length;
        if (!fine) return refuse(3001, 'invalid message', '');
        const request = JSON.parse((compression === 1 ? gunzipSync(payload) : payload).toString('utf8'));
        const { app, audio, request: what, user } = request;
        const needed = [app?.appid, app?.token, app?.cluster, user?.uid, audio?.voice_type, what?.reqid];
        if (needed.some((value) => typeof value !== 'string' || value === '') || what.operation !== 'submit') {
          return { ...refuse(3001, 'invalid params', what?.reqid), request };
        }
        if (!voices.includes(audio.voice_type))
          return { ...refuse(3050, `voice ${audio.voice_type} not found`, what.reqid), request };
        if (/quota/.test(what.text)) return { ...refuse(3003, what.text, what.reqid), request };
        // First an acknowledgement without a number.
        return { request, speak: String(what.text), send: [frame(0xb0, 0, [], Buffer.alloc(0))] };
      },
      sound: (bytes) => [frame(0xb1, 0, [++sequence, bytes.length], bytes)],
      end: () => [frame(0xb3, 0, [-(sequence + 1), 0], Buffer.alloc(0))],
    };
  },
};

/** DashScope's realtime API for Qwen's voices, in `commit` mode. */
const qwen: Dialect = {
  path: '/api-ws/v1/realtime',
  refuses: ({ authorization = '' }, url, { key }) => {
    if (key && authorization !== `Bearer ${key}`) {
      return { status: 401, message: `Incorrect API key provided: ${authorization.replace('Bearer ', '')}` };
    }
    return url.searchParams.get('model')?.includes('tts') ? undefined : { status: 404, message: 'Model not exist.' };
  },
  talk: ({ voices = ['Cherry', 'Ethan'], saysRateHz = 24_000 }) => {
    let id = 0;
    let text = '';
    let ready = false;
    const event = (type: string, more: object = {}): string =>
      JSON.stringify({ event_id: `event_${++id}`, type, ...more });
    const error = (code: string, message: string): Reaction => ({
      send: [event('error', { error: { code, message } })],
    });
    const session = { id: 'sess_1', object: 'realtime.session', sample_rate: saysRateHz };
    return {
      greet: [event('session.created', { session: { ...session, mode: 'server_commit', voice: 'Cherry' } })],
      hear(data, isText) {
        const message = JSON.parse(data.toString('utf8'));
        if (!isText || !message.event_id) return error('invalid_value', 'event_id is missing');
        switch (message.type) {
          case 'session.update': {
            const { voice, mode, response_format: format, sample_rate: rate } = message.session;
            if (mode !== 'commit' || format !== 'pcm' || rate !== 24_000) return error('invalid_value', 'bad session');
            if (!voices.includes(voice))
              return { ...error('invalid_value', `Voice '${voice}' is not supported.`), request: message.session };
            ready = true;
            return {
              send: [
                event('session.updated', { session: { ...session, ...message.session, sample_rate: saysRateHz } }),
              ],
              request: message.session,
            };
          }
          case 'input_text_buffer.append':
            text += message.text;
            return {};
          case 'input_text_buffer.commit':
            if (!ready) return {};
            if (/throttle/.test(text)) return error('Throttling.RateQuota', 'Requests rate limit exceeded.');
            return {
              send: [
                event('input_text_buffer.committed'),
                event('response.created', { response: { status: 'in_progress' } }),
              ],
              speak: text,
            };
          default:
            return error('invalid_value', `Unknown type ${message.type}`);
        }
      },
      sound: (bytes) => [event('response.audio.delta', { response_id: 'resp_1', delta: bytes.toString('base64') })],
      end: () => [event('response.audio.done'), event('response.done', { response: { status: 'completed' } })],
    };
  },
};

export const SOCKET_DIALECTS = { doubao, qwen };
