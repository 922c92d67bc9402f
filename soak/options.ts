import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../testing/server';

export interface SoakOptions {
  seconds: number;
  sessions: number;
  seed: number;
  out: string;
  /** Of a server that runs already; without one it starts its own. */
  url?: string;
  /** Of that server, on this machine, so that its memory can be read. */
  pid?: number;
  port: number;
  /** Folder of a voice for sherpa-onnx, which then speaks in a process of its own. */
  voice?: string;
  /** Pictures that may be missing in 10 s. */
  missingPictures: number;
  /** How long everyone is away before what is left is counted. */
  calmMs: number;
}

/** What `npm run soak` takes. */
export const FLAGS = {
  hours: { type: 'string' },
  minutes: { type: 'string' },
  seconds: { type: 'string' },
  sessions: { type: 'string', default: '3' },
  seed: { type: 'string', default: '1' },
  out: { type: 'string' },
  url: { type: 'string' },
  pid: { type: 'string' },
  port: { type: 'string', default: '0' },
  'missing-pictures': { type: 'string', default: '10' },
  virtual: { type: 'boolean', default: false },
  days: { type: 'string', default: '7' },
  kills: { type: 'string' },
  voice: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Viewers that vanished are let go of within 10 s, and connections to the kit are kept for 4 s. */
const CALM_MS = 14_000;

export const USAGE = `npm run soak -- --hours 2 --sessions 3 [--seed 1] [--out DIR] [--missing-pictures 10] [--port 0]
npm run soak -- --seconds 600 --url http://127.0.0.1:8010 [--pid 1234]
npm run soak -- --virtual --days 7 [--seed 1] [--out DIR]
npm run soak -- --kills 20 [--minutes 60] [--seed 1] [--out DIR] [--port 0] [--voice FOLDER]
`;

export function parse(args: string[]) {
  const { values } = parseArgs({
    args,
    options: FLAGS,
  });
  const number = (name: keyof typeof values, text: string | boolean | undefined, least = 0): number => {
    const value = Number(text);
    if (!(value >= least)) throw new Error(`--${name}: "${text}" must be a number of at least ${least}`);
    return value;
  };
  const given = (name: 'hours' | 'minutes' | 'seconds', seconds: number) =>
    values[name] === undefined ? undefined : number(name, values[name]) * seconds;
  const what = values.virtual ? 'virtual' : values.kills === undefined ? 'run' : 'kills';
  const stamp = new Date().toISOString().slice(0, 16).replace(/[T:]/g, '-');
  return {
    what,
    help: values.help,
    days: number('days', values.days),
    kills: number('kills', values.kills ?? '0'),
    soak: {
      seconds: given('hours', 3_600) ?? given('minutes', 60) ?? given('seconds', 1) ?? (what === 'kills' ? 3_600 : 600),
      sessions: number('sessions', values.sessions, 1),
      seed: number('seed', values.seed),
      out: values.out ?? join(root, 'out', 'soak', `${stamp}-${what}`),
      port: number('port', values.port),
      calmMs: CALM_MS,
      missingPictures: number('missing-pictures', values['missing-pictures']),
      ...(values.voice && { voice: resolve(values.voice) }),
      ...(values.url && { url: values.url.replace(/\/$/, '') }),
      ...(values.pid && { pid: number('pid', values.pid, 1) }),
    } satisfies SoakOptions as SoakOptions,
  };
}
