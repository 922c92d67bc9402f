import { Button, NativeSelect, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SCOPE_NAMES, type ScopeName, type ServerAddress } from '../../../shared/server-protocol';
import { usePreferences } from '../../store/preferences';
import { SETTING_WORDS } from '../settings/setting-words';
import { openSettings } from '../settings/settings-store';
import { CopyButton } from './copy-button';
import { closeServer } from './panel-state';
import { QrCode } from './qr-code';
import classes from './server.module.css';
import { useServer } from './server-store';

/** Where the server is found: from here, and from the network. */
export function Addresses() {
  const { t } = useTranslation('server');
  const address = useServer((s) => s.address);
  return (
    <section className={classes.section} aria-labelledby="server-address">
      <h3 id="server-address">{t('server.address')}</h3>
      <Address
        label={t(address ? 'server.address.local' : 'server.address.here')}
        url={address?.local ?? location.origin}
      />
      {address && <Network address={address} />}
    </section>
  );
}

function Address({ label, url }: { label: string; url: string }) {
  const { t } = useTranslation('server');
  return (
    <div className={classes.address}>
      <span className={classes.dim}>{label}</span>
      {window.herald ? (
        // The desktop app's window opens no others.
        <code>{url}</code>
      ) : (
        <a href={url} target="_blank" rel="noreferrer">
          {url}
        </a>
      )}
      <CopyButton text={url} label={t('server.copy', { what: url })} />
    </div>
  );
}

function Network({ address }: { address: ServerAddress }) {
  const { t } = useTranslation('server');
  const { lan } = address;
  const [chosen, setChosen] = useState<string>();
  const url = lan.find((one) => one.url === chosen)?.url ?? lan[0]?.url;
  if (url === undefined) return <NoNetwork host={address.host} />;
  return (
    <>
      <Address label={t('server.address.lan')} url={url} />
      {lan.length > 1 && (
        <NativeSelect
          size="xs"
          aria-label={t('server.address.other')}
          value={url}
          onChange={(e) => setChosen(e.currentTarget.value)}
          data={lan.map((one) => ({ value: one.url, label: `${one.interface}: ${new URL(one.url).host}` }))}
        />
      )}
      <LinkCode url={url} open={address.asksToken === 'nobody'} />
    </>
  );
}

function NoNetwork({ host }: { host: string }) {
  const { t } = useTranslation('server');
  const language = usePreferences((s) => s.language);
  const words = SETTING_WORDS.host;
  const setting = language === 'zh' ? words?.zh[0] : words?.en;
  // Bound to an address that this machine has lost, or to all while it has none.
  if (!/^(127\.|localhost$|::1$)/.test(host)) return <p className={classes.dim}>{t('server.address.noLan')}</p>;
  return (
    <div className={classes.hint}>
      <strong>{t('server.address.localOnly')}</strong>
      <p>{t('server.address.localOnlyHint', { setting: setting ?? 'host' })}</p>
      <Button variant="default" size="xs" onClick={() => void showSetting('host')}>
        {t('server.address.openSetting')}
      </Button>
    </div>
  );
}

/** As long as the settings may take to be loaded; and as long as dialogs that open and close pass the focus around. */
const SETTINGS_LIMIT_MS = 5_000;
const SETTLING_MS = 400;

/** Leads to a setting of the server, once its panel is there. */
async function showSetting(name: string): Promise<void> {
  closeServer();
  openSettings('server');
  let until = performance.now() + SETTINGS_LIMIT_MS;
  let found = false;
  while (performance.now() < until) {
    await new Promise(requestAnimationFrame);
    const field = document.querySelector<HTMLElement>(`[data-testid="setting-${name}"] input`);
    if (!field) continue;
    if (!found) until = performance.now() + SETTLING_MS;
    found = true;
    if (document.activeElement === field) continue;
    field.scrollIntoView({ block: 'center' });
    field.focus();
  }
}

/** For telephones: nobody types a token there, so the code brings one that may no more than is chosen. */
function LinkCode({ url, open }: { url: string; open: boolean }) {
  const { t } = useTranslation('server');
  const links = useServer((s) => s.tokens?.links);
  const [scope, setScope] = useState<ScopeName>('view');
  if (!open && !links) return null;
  const link = open ? url : `${url}/?token=${encodeURIComponent(links?.[scope] ?? '')}`;
  return (
    <div className={classes.link}>
      <QrCode text={link} label={t('server.qr.label', { url })} />
      <div className={classes.linkWords}>
        <strong>{t('server.qr')}</strong>
        {open ? (
          <p className={classes.dim}>{t('server.qr.open')}</p>
        ) : (
          <>
            <span className={classes.dim}>{t('server.qr.may')}</span>
            <SegmentedControl
              size="xs"
              aria-label={t('server.qr.may')}
              value={scope}
              onChange={(chosen) => setScope(chosen as ScopeName)}
              data={SCOPE_NAMES.map((value) => ({ value, label: t(`server.scopeName.${value}`) }))}
            />
            <p className={classes.dim}>{t(`server.scopeHint.${scope}`)}</p>
            <p className={classes.dim}>{t('server.qr.hint')}</p>
          </>
        )}
        <CopyButton text={link} label={t('server.qr.copy')}>
          {t('server.qr.copy')}
        </CopyButton>
      </div>
    </div>
  );
}
