import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SCOPE_NAMES, type ScopeName } from '../../../shared/server-protocol';
import { StatePill } from '../../components/state-pill';
import { said } from '../../store/library-actions';
import { useFigures } from '../library/figures';
import { CopyButton } from './copy-button';
import classes from './server.module.css';
import { giveToken, takeToken, useServer } from './server-store';
import { SureButton } from './sure-button';

/** Who is let in, by which token; to let somebody in, and to shut somebody out. */
export function Access() {
  const { t } = useTranslation('server');
  const tokens = useServer((s) => s.tokens);
  const tokensProblem = useServer((s) => s.tokensProblem);
  const address = useServer((s) => s.address);
  return (
    <>
      <section className={classes.section}>
        <p>{t('server.tokens.what')}</p>
        {address && <p className={classes.dim}>{t(`server.tokens.${address.asksToken}`)}</p>}
        <dl className={classes.scopes}>
          {SCOPE_NAMES.map((scope) => (
            <div key={scope}>
              <dt>{t(`server.scopeName.${scope}`)}</dt>
              <dd>{t(`server.scopeHint.${scope}`)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <NewToken />
      <section className={classes.section} aria-labelledby="server-tokens">
        <h3 id="server-tokens">{t('server.tokens')}</h3>
        {tokensProblem !== '' && (
          <p className={classes.warn} role="alert">
            {tokens ? tokensProblem : `${t('server.tokens.failed')}: ${tokensProblem}`}
          </p>
        )}
        {tokens?.tokens.length === 0 && <p className={classes.dim}>{t('server.tokens.empty')}</p>}
        <ul className={classes.rows}>
          {tokens?.tokens.map((token) => (
            <TokenRow key={token.name} {...token} />
          ))}
          {tokens && <OwnToken token={tokens.links.admin} />}
        </ul>
      </section>
    </>
  );
}

function TokenRow({ name, scope, lastUsedAt }: { name: string; scope: ScopeName; lastUsedAt?: string | undefined }) {
  const { t } = useTranslation('server');
  const figures = useFigures();
  return (
    <li className={classes.row}>
      <div className={classes.rowWords}>
        <div className={classes.rowHead}>
          <strong>{name}</strong>
          <StatePill>{t(`server.scopeName.${scope}`)}</StatePill>
        </div>
        <p className={classes.dim}>
          {lastUsedAt ? t('server.tokens.used', { when: figures.when(lastUsedAt) }) : t('server.tokens.unused')}
        </p>
      </div>
      <SureButton
        words={t('server.tokens.revoke')}
        label={t('server.tokens.revokeOf', { name })}
        question={t('server.tokens.sure')}
        onSure={() => void takeToken(name)}
      />
    </li>
  );
}

function OwnToken({ token }: { token: string }) {
  const { t } = useTranslation('server');
  const [shown, setShown] = useState(false);
  return (
    <li className={classes.row}>
      <div className={classes.rowWords}>
        <div className={classes.rowHead}>
          <strong>{t('server.tokens.own')}</strong>
          <StatePill>{t('server.scopeName.admin')}</StatePill>
        </div>
        <p className={classes.dim}>{t('server.tokens.ownHint')}</p>
        {shown && <code className={classes.secret}>{token}</code>}
      </div>
      <div className={classes.rowActions}>
        <Button variant="default" size="xs" aria-pressed={shown} onClick={() => setShown(!shown)}>
          {t(shown ? 'server.tokens.hide' : 'server.tokens.show')}
        </Button>
        <CopyButton text={token} label={t('server.copy', { what: t('server.tokens.own') })} />
      </div>
    </li>
  );
}

function NewToken() {
  const { t } = useTranslation('server');
  const [name, setName] = useState('');
  const [scope, setScope] = useState<ScopeName>('control');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<{ name: string; token: string } | null>(null);
  const make = async () => {
    setBusy(true);
    setProblem('');
    try {
      setMade({ name: name.trim(), token: await giveToken(name, scope) });
      setName('');
    } catch (error) {
      setProblem(said(error) || t('server.failed'));
    } finally {
      setBusy(false);
    }
  };
  if (made) {
    return (
      <section className={classes.made} role="status">
        <strong>{t('server.tokens.made', { name: made.name })}</strong>
        <code className={classes.secret} data-testid="new-token">
          {made.token}
        </code>
        <p>{t('server.tokens.once')}</p>
        <div className={classes.rowActions}>
          <CopyButton
            text={made.token}
            label={t('server.copy', { what: t('server.tokens.made', { name: made.name }) })}
          >
            {t('server.copy', { what: '' })
              .trim()
              .replace(/[:：]$/, '')}
          </CopyButton>
          <Button size="xs" onClick={() => setMade(null)}>
            {t('server.tokens.done')}
          </Button>
        </div>
      </section>
    );
  }
  return (
    <form
      className={classes.newToken}
      aria-label={t('server.tokens.new')}
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <TextInput
        label={t('server.tokens.name')}
        placeholder={t('server.tokens.nameHint')}
        value={name}
        maxLength={64}
        error={problem || undefined}
        onChange={(e) => setName(e.currentTarget.value)}
      />
      <NativeSelect
        label={t('server.tokens.may')}
        value={scope}
        onChange={(e) => setScope(e.currentTarget.value as ScopeName)}
        data={SCOPE_NAMES.map((value) => ({ value, label: t(`server.scopeName.${value}`) }))}
      />
      <Button type="submit" loading={busy} disabled={name.trim() === ''}>
        {t('server.tokens.make')}
      </Button>
    </form>
  );
}
