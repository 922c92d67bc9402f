import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Frame, failureOf, type Reply } from './llm-replies';

export * from './llm-replies';

export interface LlmRequest {
  /** Counted from 0, over requests for answers only. */
  index: number;
  path: string;
  headers: IncomingHttpHeaders;
  body: { messages?: { role: string; content: string }[]; [key: string]: unknown };
  /** The last user message. */
  question: string;
  framesSent: number;
  /** When its first piece of text was written, in epoch milliseconds with fractions: comparable with other processes. */
  firstTokenAtEpochMs?: number;
  /** How the response ended; undefined while it is under way. */
  end?: 'finished' | 'closed by client' | 'cut';
  /** Resolves with `end`. */
  ended: Promise<NonNullable<LlmRequest['end']>>;
}

export type Script = Reply | Reply[] | ((request: LlmRequest) => Reply);

export interface LlmServerOptions {
  /** One reply for all, one a request (the last one repeats), or whatever fits the request. */
  script: Script;
  /** When given, requests without `Authorization: Bearer <it>` are refused with 401. */
  apiKey?: string;
  /** What GET /v1/models lists, or how it fails. */
  models?: string[] | Reply;
  port?: number;
}

export interface LlmServer {
  /** For `llm_base_url`: http://127.0.0.1:PORT/v1 */
  url: string;
  requests: LlmRequest[];
  /** How often the list of models was asked for. */
  modelRequests: number;
  script: Script;
  close(): Promise<void>;
}

/** A server of the OpenAI chat protocol on the loopback that plays what it is told, faults included. */
export async function startLlmServer(options: LlmServerOptions): Promise<LlmServer> {
  const { apiKey, models = ['scripted'] } = options;
  const server: LlmServer = { url: '', requests: [], modelRequests: 0, script: options.script, close };
  const closing = new AbortController();

  const http = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request);
    const refused = apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`;
    // Like some services, it quotes the key that it was sent.
    const refusal = failureOf(401, { message: `Incorrect API key: ${request.headers.authorization ?? 'none'}` });
    const route = `${request.method} ${request.url}`;
    if (route === 'GET /v1/models') {
      server.modelRequests += 1;
      const listed = Array.isArray(models) ? listOf(models) : models;
      return play(refused ? refusal : listed, response, closing.signal);
    }
    if (route !== 'POST /v1/chat/completions') {
      return play({ status: 404, body: '404 page not found' }, response, closing.signal);
    }
    const body = JSON.parse(text) as LlmRequest['body'];
    const record: LlmRequest = {
      index: server.requests.length,
      path: request.url ?? '',
      headers: request.headers,
      body,
      question: body.messages?.findLast(({ role }) => role === 'user')?.content ?? '',
      framesSent: 0,
      ended: new Promise((resolve) => {
        response.once('close', () => {
          record.end ??= response.writableFinished ? 'finished' : 'closed by client';
          resolve(record.end);
        });
      }),
    };
    server.requests.push(record);
    await play(refused ? refusal : replyTo(server.script, record), response, closing.signal, record);
  }

  async function close(): Promise<void> {
    closing.abort();
    const closed = new Promise<void>((resolve) => http.close(() => resolve()));
    http.closeAllConnections();
    await closed;
  }

  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`;
  return server;
}

function replyTo(script: Script, request: LlmRequest): Reply {
  if (typeof script === 'function') return script(request);
  return Array.isArray(script) ? script[Math.min(request.index, script.length - 1)]! : script;
}

async function play(reply: Reply, response: ServerResponse, closing: AbortSignal, record?: LlmRequest): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const wait = (ms = 0) => (ms > 0 ? sleep(ms, undefined, { signal: AbortSignal.any([gone.signal, closing]) }) : null);
  if ('status' in reply) {
    await wait(reply.waitMs);
    response.writeHead(reply.status, reply.headers).end(reply.body);
    return;
  }
  // A model that has not begun to answer has not sent headers either.
  const begin = () => {
    if (response.headersSent) return;
    response.writeHead(200, { 'content-type': reply.contentType ?? 'text/event-stream', 'cache-control': 'no-cache' });
  };
  for (const frame of reply.frames) {
    await wait(frame.waitMs);
    if ('cut' in frame) {
      if (record) record.end = 'cut';
      response.destroy();
      return;
    }
    if ('stall' in frame) return;
    begin();
    if (response.destroyed) return;
    if (!response.write(textOfFrame(frame))) await once(response, 'drain', { signal: gone.signal });
    if (!record) continue;
    record.framesSent += 1;
    if (holdsText(frame)) record.firstTokenAtEpochMs ??= performance.timeOrigin + performance.now();
  }
  begin();
  response.end();
}

const textOfFrame = (frame: Exclude<Frame, { cut: true } | { stall: true }>): string =>
  'raw' in frame ? frame.raw : `data: ${JSON.stringify(frame.data)}\n\n`;

const holdsText = (frame: Frame): boolean => 'data' in frame && /"content":"[^"]/.test(JSON.stringify(frame.data));

const listOf = (models: string[]): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ object: 'list', data: models.map((id) => ({ id, object: 'model', owned_by: 'scripted' })) }),
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const part of request) text += part;
  return text;
}
