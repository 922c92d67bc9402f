import { createHmac, randomBytes } from 'node:crypto';
import type { TokensPage, TokenView } from '../../../shared/server-protocol';
import { replaceFile } from '../config/atomic';
import { HeraldError } from '../errors';
import { SCOPES, type Scope } from './access';
import { digestOf, MAX_TOKENS, type NamedToken, readTokensFile, Tokens } from './tokens';

export type LinkTokens = TokensPage['links'];

/**
 * What QR codes carry: a telephone that only watches must not hold the token that may do everything. Made of that one by HMAC
 * (RFC 2104), so that nothing more is kept, none leads back to it, and all end when it is changed.
 */
export function linkTokens(own: string): LinkTokens {
  const derived = (scope: Scope) => createHmac('sha256', own).update(`herald link ${scope}`).digest('base64url');
  return { view: derived('view').slice(0, 24), control: derived('control').slice(0, 24), admin: own };
}

/** The tokens of the server, which can be made and revoked while it runs. Their file may be changed by hand as well. */
export class TokenBook extends Tokens {
  readonly links: LinkTokens;
  /** Ends when the change under way does: the file is read before it is written. */
  private changing: Promise<unknown> = Promise.resolve();

  /** @throws what `readTokensFile` finds wrong */
  constructor(
    own: string,
    private readonly file: string,
    { mustExist = false }: { mustExist?: boolean } = {},
  ) {
    const links = linkTokens(own);
    // A name that nobody can give a token: brackets are not allowed in one.
    const given = (['view', 'control'] as const).map((scope) => ({
      name: `link (${scope})`,
      scope,
      sha256: digestOf(links[scope]).toString('hex'),
    }));
    super(own, readTokensFile(file, { mustExist }), given);
    this.links = links;
  }

  list(): TokenView[] {
    return this.named.map(({ holder, lastUsedAtMs }) => ({
      ...holder,
      ...(lastUsedAtMs !== undefined && { lastUsedAt: new Date(lastUsedAtMs).toISOString() }),
    }));
  }

  /** @returns the token, which cannot be had again */
  add(name: string, scope: Scope): Promise<string> {
    return this.inTurn(() => this.addNow(name, scope));
  }

  /** From now on it opens nothing. @returns whether there was one of this name */
  revoke(name: string): Promise<boolean> {
    return this.inTurn(() => this.revokeNow(name));
  }

  private async addNow(name: string, scope: Scope): Promise<string> {
    const kept = this.read();
    if (name.toLowerCase() === 'admin')
      throw new HeraldError('refused', '"admin" is the server\'s own: choose another name');
    if (kept.some((one) => one.name.toLowerCase() === name.toLowerCase())) {
      throw new HeraldError(
        'refused',
        `there is a token called "${name}": choose another name, or revoke that one first`,
      );
    }
    if (kept.length >= MAX_TOKENS) throw new HeraldError('refused', `there are ${MAX_TOKENS} tokens: revoke one first`);
    const token = randomBytes(18).toString('base64url');
    await this.replace([...kept, { name, scope, sha256: digestOf(token).toString('hex') }]);
    return token;
  }

  private async revokeNow(name: string): Promise<boolean> {
    const kept = this.read();
    const others = kept.filter((one) => one.name !== name);
    if (others.length === kept.length) return false;
    await this.replace(others);
    return true;
  }

  /** As it is now: somebody may have edited it. */
  private read(): NamedToken[] {
    try {
      return readTokensFile(this.file, { mustExist: false });
    } catch (error) {
      throw new HeraldError('refused', `${(error as Error).message}: put it right first`);
    }
  }

  private inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.changing.then(change);
    this.changing = result.catch(() => {});
    return result;
  }

  private async replace(named: NamedToken[]): Promise<void> {
    const byImportance = named.toSorted((a, b) => SCOPES.indexOf(b.scope) - SCOPES.indexOf(a.scope));
    try {
      await replaceFile(this.file, `${JSON.stringify(byImportance, null, 2)}\n`);
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      throw new HeraldError('refused', `the tokens file cannot be written (${code}): nothing was changed`);
    }
    this.setNamed(byImportance);
  }
}
