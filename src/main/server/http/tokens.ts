import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { tokenName } from '../../../shared/server-protocol';
import { SCOPES, type Scope } from './access';

/** A token that was given to someone, known only by its hash: whoever reads the file cannot call in with it. */
const namedToken = z.object({
  name: tokenName,
  scope: z.enum(SCOPES, { error: `must be one of ${SCOPES.join(', ')}` }),
  sha256: z.string().regex(/^[\da-f]{64}$/i, {
    error: 'must be the SHA-256 of the token, 64 hex digits (printf %s TOKEN | sha256sum)',
  }),
});
export type NamedToken = z.infer<typeof namedToken>;

export const MAX_TOKENS = 256;
const tokensFile = z.array(namedToken).max(MAX_TOKENS, { error: `holds more than ${MAX_TOKENS} tokens` });

export interface TokenHolder {
  name: string;
  scope: Scope;
}

interface Entry {
  holder: TokenHolder;
  digest: Buffer;
  lastUsedAtMs?: number;
}

/** Who holds which token. The one of `--token` may do everything; others stand in a file with what they may do. */
export class Tokens {
  private readonly own: readonly Entry[];
  protected named: readonly Entry[];

  /** `made`: tokens of the server's own that stand in no file. */
  constructor(token: string, named: readonly NamedToken[] = [], made: readonly NamedToken[] = []) {
    const own = token === '' ? [] : [{ holder: { name: 'admin', scope: 'admin' as const }, digest: digestOf(token) }];
    this.own = [...own, ...made.map(entryOf)];
    this.named = named.map(entryOf);
  }

  /**
   * The holder of one of the given tokens. Hashing makes all lengths equal and every entry is compared, so that the time taken
   * tells neither content, nor length, nor which entry it was.
   */
  holderOf(given: readonly string[]): TokenHolder | undefined {
    let found: Entry | undefined;
    for (const digest of given.map(digestOf)) {
      for (const entry of [...this.own, ...this.named]) {
        const same = timingSafeEqual(digest, entry.digest);
        if (same) found ??= entry;
      }
    }
    if (found) found.lastUsedAtMs = Date.now();
    return found?.holder;
  }

  /** Those that were given to someone are these from now on; who stays is remembered to have called. */
  protected setNamed(named: readonly NamedToken[]): void {
    const before = new Map(this.named.map((entry) => [entry.digest.toString('hex'), entry.lastUsedAtMs]));
    this.named = named.map((one) => {
      const lastUsedAtMs = before.get(one.sha256.toLowerCase());
      return { ...entryOf(one), ...(lastUsedAtMs !== undefined && { lastUsedAtMs }) };
    });
  }
}

const entryOf = ({ name, scope, sha256 }: NamedToken): Entry => ({
  holder: { name, scope },
  digest: Buffer.from(sha256, 'hex'),
});

/** @throws naming what is wrong with the file; a file that is not there holds no tokens, unless it was asked for. */
export function readTokensFile(file: string, { mustExist }: { mustExist: boolean }): NamedToken[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!mustExist && (error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`--tokens ${file} cannot be read (${(error as Error).message})`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's own message quotes the file.
    throw new Error(`${file} is not JSON: it must be a list of {"name", "scope", "sha256"}`);
  }
  const checked = tokensFile.safeParse(content);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  throw new Error(`${file} cannot be used: ${problems.join('; ')}`);
}

export const digestOf = (text: string) => createHash('sha256').update(text).digest();
