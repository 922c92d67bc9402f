import { Anchor, NativeSelect, SegmentedControl, Tabs } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { pageToken } from '../../rtc/http';
import { useStudio } from '../../store/studio';
import { CopyButton } from './copy-button';
import classes from './server.module.css';
import { useServer } from './server-store';
import { LANGUAGES, needsToken, PLACEHOLDER, type SnippetLanguage, snippet, TASKS, type Target } from './snippets';

const LANGUAGE_NAMES: Record<SnippetLanguage, string> = { curl: 'curl', python: 'Python', javascript: 'JavaScript' };
/** As ids look, where there is no session to name. */
const MADE_UP = 123_456;

/** Programs that are right for this server: to be copied and run. */
export function Connect() {
  const { t } = useTranslation('server');
  const address = useServer((s) => s.address);
  const sessions = useServer((s) => s.sessions);
  const own = useStudio((s) => s.connection.sessionId);
  const [language, setLanguage] = useState<SnippetLanguage>('curl');
  const [from, setFrom] = useState<'local' | 'lan'>('local');
  const [chosen, setChosen] = useState<number>();
  const ids = sessions.map(({ sessionid }) => sessionid);
  const sessionId = [chosen, own, ids[0]].find((id) => id != null && ids.includes(id));
  const lan = address?.lan[0]?.url;
  const origin = address ? (from === 'lan' && lan ? lan : address.local) : location.origin;
  const token = address ? needsToken(address.asksToken, lan ? from : 'local', language) : pageToken !== null;
  const target: Target = { origin, sessionId: sessionId ?? MADE_UP, token };
  return (
    <>
      <section className={classes.connect}>
        <p>
          {t('server.connect.hint')}{' '}
          {window.herald ? (
            <>
              {t('server.connect.docs')}: <code>{origin}/docs</code>
            </>
          ) : (
            <Anchor href="/docs" target="_blank" rel="noreferrer" underline="always" inherit>
              {t('server.connect.docs')}
            </Anchor>
          )}
        </p>
        <div className={classes.choices}>
          {lan && (
            <SegmentedControl
              aria-label={t('server.connect.from')}
              value={from}
              onChange={(value) => setFrom(value as 'local' | 'lan')}
              data={(['local', 'lan'] as const).map((value) => ({ value, label: t(`server.connect.${value}`) }))}
            />
          )}
          {ids.length > 1 && (
            <NativeSelect
              aria-label={t('server.connect.session')}
              value={String(sessionId)}
              onChange={(e) => setChosen(Number(e.currentTarget.value))}
              data={sessions.map(({ sessionid, avatar }) => ({
                value: String(sessionid),
                label: `${sessionid} · ${avatar}`,
              }))}
            />
          )}
        </div>
      </section>
      <Tabs value={language} onChange={(value) => setLanguage(value as SnippetLanguage)} keepMounted={false}>
        <Tabs.List aria-label={t('server.connect.language')}>
          {LANGUAGES.map((value) => (
            <Tabs.Tab key={value} value={value}>
              {LANGUAGE_NAMES[value]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={language} className={classes.snippets}>
          <p className={classes.dim}>
            {token ? t('server.connect.token', { placeholder: PLACEHOLDER[language] }) : t('server.connect.noToken')}
            {origin.startsWith('https:') && language !== 'javascript' && ` ${t('server.connect.tls')}`}
            {sessionId === undefined && ` ${t('server.connect.noSession')}`}
          </p>
          {TASKS.map((task) => {
            const code = snippet(language, task, target);
            const shown = code ?? `${target.origin}/whep/${target.sessionId}`;
            return (
              <section key={task} className={classes.snippet} data-testid={`snippet-${task}`}>
                <div className={classes.snippetHead}>
                  <h3>{t(`server.connect.${task}`)}</h3>
                  <CopyButton text={shown} label={t('server.connect.copyOf', { what: t(`server.connect.${task}`) })} />
                </div>
                {code === undefined && <p className={classes.dim}>{t('server.connect.watchAddress')}</p>}
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys (WCAG 2.1.1) */}
                <pre tabIndex={0}>
                  <code>{shown}</code>
                </pre>
              </section>
            );
          })}
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
