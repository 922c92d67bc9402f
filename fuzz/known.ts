import type { Random } from './random';

/** Enough to choose from; the oldest are gone from the server first. */
const MAX_KEPT = 40;

/** Names of things that the server has told of, by what they are: with made-up ones alone no request would get past "not found". */
export class KnownNames {
  private readonly byKind = new Map<string, string[]>();

  constructor(private readonly random: Random) {}

  /** @param kind `recordings`, `clips`, ...: the collection in the route's path. */
  of(kind: string): string | undefined {
    const names = this.byKind.get(kind) ?? [];
    return names.length > 0 ? this.random.of(names) : undefined;
  }

  /** What a reply of this route tells. */
  learn(route: string, body: string): void {
    const kind = kindOf(route);
    for (const [, id] of body.matchAll(/"(?:session)?id":"?([\w~-]{4,64})"?/g)) {
      // A list of sessions, or the answer to an offer, is about sessions wherever it comes from.
      this.add(/^\d{6}$/.test(id!) ? 'sessions' : kind, id!);
    }
  }

  private add(kind: string, name: string): void {
    const names = this.byKind.get(kind) ?? [];
    this.byKind.set(kind, names);
    if (names.includes(name)) return;
    names.push(name);
    if (names.length > MAX_KEPT) names.shift();
  }
}

/** `GET /api/clips/{id}/file` -> `clips` */
export const kindOf = (route: string): string =>
  /\/(?:api\/)?([a-z]+)/.exec(route.slice(route.indexOf(' ') + 1))?.[1] ?? '';
