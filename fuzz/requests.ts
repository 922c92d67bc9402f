import { encodeAudio } from '../testing/audio-files';
import type { Random } from './random';
import { type JsonSchema, NASTY_TEXTS, type ValueSource, valueFor } from './values';

export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  parameters?: { name: string; in: string; required?: boolean; schema?: JsonSchema }[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
}

export interface Route {
  method: string;
  path: string;
  operation: Operation;
}

export interface FuzzRequest {
  /** `POST /human`: what results are counted by. */
  route: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Buffer;
  /** Made to be taken by the route's schema; otherwise broken on purpose. */
  fitting: boolean;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
/** Pages are no part of the document. */
const UNLISTED = ['/', '/docs/', '/openapi.json'];
const BOUNDARY = 'herald-fuzz-boundary';
/** Of sound, of what can be imported, and of what must not be written. */
const FILE_NAMES = [
  ...['a.wav', '好.m4a', 'x.zip', 'x.pth', 'x.onnx', 'a/full_imgs/0.png', 'a/coords.pkl', ''],
  ...['../../x.mp3', 'a\\b.png', 'a/../../coords.pkl', '/etc/full_imgs/0.png', 'C:/coords.pkl'],
];

export function routesOf(document: OpenApi): Route[] {
  const listed = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  return [...listed, ...UNLISTED.map((path) => ({ method: 'GET', path, operation: {} }))];
}

/** A request to this route: mostly one that its schema takes, with nasty values; now and then (`brokenShare`) one that it must not. */
export function requestTo(route: Route, given: ValueSource, brokenShare: number): FuzzRequest {
  const { random } = given;
  const { method, path, operation } = route;
  const source = { ...given, route: `${method} ${path}` };
  const parameters = operation.parameters ?? [];
  const of = (place: string) =>
    parameters
      .filter((one) => one.in === place && (one.required || place === 'path' || random.chance(0.5)))
      .map(({ name, schema }) => [name, String(valueFor(schema ?? { type: 'string' }, source, name))] as const);
  const url = of('path').reduce((made, [name, value]) => made.replace(`{${name}}`, encode(value)), path);
  const query = of('query')
    .map(([name, value]) => `${name}=${encode(value)}`)
    .join('&');
  const made: FuzzRequest = {
    route: source.route,
    method,
    url: query ? `${url}?${query}` : url,
    headers: {},
    fitting: true,
    ...bodyOf(operation, source),
  };
  return random.chance(brokenShare) ? broken(made, random) : made;
}

function bodyOf({ requestBody }: Operation, source: ValueSource): Pick<FuzzRequest, 'body' | 'headers'> | undefined {
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (type === undefined || !content) return undefined;
  const value = valueFor(content.schema, source);
  if (type.startsWith('multipart/')) return formOf(content.schema, value as Record<string, unknown>, source.random);
  return {
    body: Buffer.from(JSON.stringify(value)),
    headers: { 'content-type': type.endsWith('json') ? source.random.of([type, 'text/plain']) : type },
  };
}

function formOf(schema: JsonSchema, value: Record<string, unknown>, random: Random) {
  const parts = Object.entries(schema.properties ?? {}).map(([name, { format }]) => {
    const file = format === 'binary';
    const fileName = random.of(FILE_NAMES);
    const head = `Content-Disposition: form-data; name="${name}"${file ? `; filename="${fileName}"` : ''}`;
    const body = file ? nastyFile(random) : Buffer.from(String(value[name] ?? ''));
    return Buffer.concat([Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n`), body, Buffer.from('\r\n')]);
  });
  return {
    body: Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
  };
}

let sounds: Buffer[] | undefined;

/** A fifth of a second of real sound, whole or damaged: what gets past a look at its beginning. */
function soundFile(random: Random): Buffer {
  sounds ??= ['wav', 'mp3', 'm4a', 'ogg', 'opus', 'flac', 'webm', 'aac'].map((kind) =>
    encodeAudio({ kind, samples: 9_600 }),
  );
  const file = Buffer.from(random.of(sounds));
  const damage = random.below(3);
  if (damage === 1) return file.subarray(0, random.below(file.length));
  if (damage === 2) for (let i = 0; i < 20; i++) file[random.below(file.length)] = random.below(256);
  return file;
}

/** Beginnings of real formats with nothing sane behind them, things that name other files, and real sound. */
function nastyFile(random: Random): Buffer {
  if (random.chance(0.3)) return soundFile(random);
  const noise = Buffer.from(Array.from({ length: random.below(400) }, () => random.below(256)));
  const heads = [
    'RIFF\xff\xff\xff\x7fWAVEfmt ',
    'ID3\x04\0\0',
    'OggS\0\x02',
    'fLaC',
    '\0\0\0\x20ftypM4A ',
    '\x1aE\xdf\xa3',
    'PK\x03\x04',
  ];
  const lists = [
    '#EXTM3U\nfile:///etc/passwd\n',
    "ffconcat version 1.0\nfile '/etc/passwd'\n",
    '<svg onload="x"/>',
    '',
  ];
  const text = random.chance(0.7) ? random.of(heads) : random.of(lists);
  return Buffer.concat([Buffer.from(text, 'latin1'), noise]);
}

/** What no client sends by mistake. */
function broken(made: FuzzRequest, random: Random): FuzzRequest {
  const request = { ...made, fitting: false, headers: { ...made.headers } };
  const json = (text: string) => ({ ...request, body: Buffer.from(text) });
  switch (random.below(9)) {
    case 0:
      return json('['.repeat(50_000));
    case 1:
      return json(`{"a":`.repeat(20_000));
    case 2:
      return { ...request, body: Buffer.from(Array.from({ length: 200 }, () => random.below(256))) };
    case 3:
      return json(JSON.stringify({ text: 'x'.repeat(700_000) }));
    case 4:
      return {
        ...request,
        url: `${request.url}${random.of(['/..%2f..%2fetc%2fpasswd', '/%00', '?'.repeat(500), '/%zz', '//'])}`,
      };
    case 5:
      return {
        ...request,
        headers: { ...request.headers, 'content-type': random.of(['multipart/form-data', 'x/y; boundary="', '']) },
      };
    case 6:
      return { ...request, method: random.of(['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'POST', 'GET']) };
    case 7:
      return json(JSON.stringify(random.of<unknown>([null, 5, [], 'text', { sessionid: {} }, { sdp: 5, type: [] }])));
    default: {
      // Header values may hold no line ends or code points above 255: node's client refuses them before the server could.
      const value = random.of(NASTY_TEXTS).replace(/[^\x20-\x7e]/g, '?');
      return {
        ...request,
        headers: { ...request.headers, [random.of(['range', 'x-forwarded-for', 'origin', 'accept'])]: value },
      };
    }
  }
}

const encode = (value: string) => encodeURIComponent(value.toWellFormed());
