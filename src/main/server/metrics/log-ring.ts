import { randomBytes } from 'node:crypto';
import { LOG_LEVELS, type LogLevel, type LogLine, type LogPage, MAX_LOG_LINES } from '../../../shared/server-protocol';
import type { LogSink } from '../log';

export interface LogRingBounds {
  lines?: number;
  /** Of all lines together, as UTF-16 code units. */
  characters?: number;
}

/** A line with a stack is a few hundred characters; this is a thousand of the longest that are usual. */
const MAX_CHARACTERS = 1_000_000;
/** As many as are read through when someone asks for help. */
const LISTED = 500;

/**
 * The last lines of the log, for /api/logs and /api/diagnostics. It is given what the log file is given, so secrets are out already
 * (kept-log.ts). A cursor names the line after which to go on, and this very ring: one of an earlier start means "from the beginning".
 */
export class LogRing implements LogSink {
  private readonly lines: { id: number; json: string }[] = [];
  private readonly maxLines: number;
  private readonly maxCharacters: number;
  private readonly name = randomBytes(4).toString('hex');
  private characters = 0;
  private lastId = 0;

  constructor({ lines = MAX_LOG_LINES, characters = MAX_CHARACTERS }: LogRingBounds = {}) {
    this.maxLines = lines;
    this.maxCharacters = characters;
  }

  write(json: string): void {
    this.lines.push({ id: ++this.lastId, json });
    this.characters += json.length;
    while (this.lines.length > this.maxLines || (this.characters > this.maxCharacters && this.lines.length > 0)) {
      this.characters -= this.lines.shift()!.json.length;
    }
  }

  /** The last lines as they were written, oldest first. */
  list(count = LISTED): string[] {
    return this.lines.slice(-count).map(({ json }) => json);
  }

  /** Lines of at least this level after the cursor, oldest first; without a cursor the last ones. */
  page({ level, after, limit }: { level: LogLevel; after?: string | undefined; limit: number }): LogPage {
    const least = numberOf(level);
    const wanted = ({ json }: { json: string }) => levelOf(json) >= least;
    if (after === undefined) {
      const found = this.lines.filter(wanted).slice(-limit);
      return { lines: found.map(readLine), cursor: this.cursorAt(this.lastId), missed: false };
    }
    const from = this.idOf(after);
    const found: { id: number; json: string }[] = [];
    let seen = Math.max(from ?? 0, (this.lines[0]?.id ?? this.lastId + 1) - 1);
    const missed = from === undefined || seen > from;
    for (const line of this.lines) {
      if (line.id <= seen) continue;
      if (found.length === limit) break;
      if (wanted(line)) found.push(line);
      seen = line.id;
    }
    return { lines: found.map(readLine), cursor: this.cursorAt(seen), missed };
  }

  private cursorAt(id: number): string {
    return `${this.name}.${id}`;
  }

  /** Undefined for a cursor that is not of this ring. */
  private idOf(cursor: string): number | undefined {
    const [name, id] = cursor.split('.');
    return name === this.name && id !== undefined && /^\d{1,15}$/.test(id) ? Number(id) : undefined;
  }
}

/** pino: 10 for trace, and 10 more for each level above. */
const numberOf = (level: LogLevel) => (LOG_LEVELS.indexOf(level) + 1) * 10;

/** pino writes the level first; the rest need not be read to leave a line out. */
const levelOf = (json: string) => Number(/^\{"level":(\d+)/.exec(json)?.[1] ?? 0);

function readLine({ id, json }: { id: number; json: string }): LogLine {
  const { level, time, scope, msg, ...details } = JSON.parse(json) as Record<string, unknown>;
  const err = details.err as { message?: unknown } | undefined;
  return {
    id,
    time: new Date(Number(time)).toISOString(),
    level: LOG_LEVELS[Math.min(LOG_LEVELS.length, Math.max(1, Math.round(Number(level) / 10))) - 1]!,
    ...(typeof scope === 'string' && { scope }),
    msg: String(msg ?? err?.message ?? ''),
    ...(Object.keys(details).length > 0 && { details }),
  };
}
