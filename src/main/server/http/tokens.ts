import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SCOPES, type Scope } from './access';

/** A token that was given to someone, known only by its hash: whoever reads the file cannot call in with it. */
const namedToken = z.object({
  name: z.string().regex(/^[\w.@ -]{1,64}$/, { error: 'must be a name: letters, digits, "_", "-", ".", spaces' }),
  scope: z.enum(SCOPES, { error: `must be one of ${SCOPES.join(', ')}` }),
  sha256: z.string().regex(/^[\da-f]{64}$/i, {
    error: 'must be the SHA-256 of the token, 64 hex digits (printf %s TOKEN | sha256sum)',
  }),
});
const tokensFile = z.array(namedToken).max(256, { error: 'holds more than 256 tokens' });

export interface TokenHolder {
  name: string;
  scope: Scope;
}

/** Who holds which token. The one of `--token` may do everything; others stand in a file with what they may do. */
export class Tokens {
  private readonly entries: readonly { holder: TokenHolder; digest: Buffer }[];

  constructor(token: string, named: z.infer<typeof tokensFile> = []) {
    const own = token === '' ? [] : [{ holder: { name: 'admin', scope: 'admin' as const }, digest: digestOf(token) }];
    const others = named.map(({ name, scope, sha256 }) => ({
      holder: { name, scope },
      digest: Buffer.from(sha256, 'hex'),
    }));
    this.entries = [...own, ...others];
  }

  /**
   * The holder of one of the given tokens. Hashing makes all lengths equal and every entry is compared, so that the time taken
   * tells neither content, nor length, nor which entry it was.
   */
  holderOf(given: readonly string[]): TokenHolder | undefined {
    let found: TokenHolder | undefined;
    for (const digest of given.map(digestOf)) {
      for (const entry of this.entries) {
        const same = timingSafeEqual(digest, entry.digest);
        if (same) found ??= entry.holder;
      }
    }
    return found;
  }
}

/** @throws naming what is wrong with the file; a file that is not there holds no tokens, unless it was asked for. */
export function readTokensFile(file: string, { mustExist }: { mustExist: boolean }): z.infer<typeof tokensFile> {
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

const digestOf = (text: string) => createHash('sha256').update(text).digest();
