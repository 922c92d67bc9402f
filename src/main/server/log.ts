import { type Logger, pino } from 'pino';

/** Scoped logger: `log.child({ scope: 'webrtc' }).warn({ sessionid }, 'peer is gone')`. */
export type Log = Logger;

/** Takes every line as one JSON object: pino's own record, without secrets. */
export interface LogSink {
  write(json: string): void;
}

export interface LogStreams {
  out: { write(text: string): unknown };
  err: { write(text: string): unknown };
}

const LEVELS: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
const WARN = 40;

/** Keys that hold secrets anywhere in the first levels of a logged object. */
const SECRET_KEYS = [
  'token',
  'authorization',
  'password',
  'apiKey',
  'llm_api_key',
  'dashscope_api_key',
  'openai_api_key',
  'deepseek_api_key',
  'tts_api_key',
  'azure_speech_key',
  'tencent_secret_id',
  'tencent_secret_key',
  'doubao_token',
  'turn_password',
  'push_url',
  'credential',
];

/**
 * One line per message, in plain text: `12:00:00.123 info  http: listening port=8010`. Formatting is done here, in process:
 * pino's pretty transports start a worker thread. Warnings and errors go to stderr, the rest to stdout.
 */
export function createLogger(level: string, streams: LogStreams = { out: process.stdout, err: process.stderr }): Log {
  const redact = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);
  const sinks = new Set<LogSink>();
  const destination = {
    write(json: string) {
      const record = JSON.parse(json) as Record<string, unknown>;
      (Number(record.level) >= WARN ? streams.err : streams.out).write(`${formatRecord(record)}\n`);
      for (const sink of sinks) sink.write(withoutTokens(json.trimEnd()));
    },
  };
  const log = pino({ level, base: null, redact: { paths: redact, censor: '(hidden)' } }, destination);
  sinksOf.set(destination, sinks);
  return log;
}

/** By destination: it is what a logger shares with its children. */
const sinksOf = new WeakMap<object, Set<LogSink>>();

/** Sends what this log, its parents and its children print to `sink` as well, until the returned function is called. */
export function alsoTo(log: Log, sink: LogSink): () => void {
  const destination = (log as unknown as Record<symbol, object | undefined>)[pino.symbols.streamSym];
  const sinks = destination && sinksOf.get(destination);
  sinks?.add(sink);
  return () => void sinks?.delete(sink);
}

function formatRecord({ level, time, scope, msg, err, ...rest }: Record<string, unknown>): string {
  const clock = new Date(Number(time)).toISOString().slice(11, 23);
  const name = (LEVELS[Number(level)] ?? String(level)).padEnd(5);
  const error = err as { message?: string; stack?: string; type?: string } | undefined;
  const parts = [
    `${clock} ${name} ${scope ? `${String(scope)}: ` : ''}${msg ?? error?.message ?? ''}`,
    ...Object.entries(rest).map(
      ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
    ...(error ? [`| ${error.stack ?? `${error.type}: ${error.message}`}`] : []),
  ];
  return oneLine(parts.join(' '));
}

/** What callers send ends up in messages: no line breaks or terminal escapes from them, and no bearer tokens. */
function oneLine(text: string): string {
  return withoutTokens(
    text
      .replace(/\s*\r?\n\s*/g, ' | ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, ' '),
  );
}

const withoutTokens = (text: string) =>
  text.replace(/\bBearer\s+[\w.~+/=-]+/gi, 'Bearer (hidden)').replace(/([?&]token=)[^&\s"]+/gi, '$1(hidden)');
