import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { inOwnWords, problemInOwnWords } from '../../i18n/told';
import type { Health } from '../../rtc/server';
import classes from './server.module.css';

const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0);

/** What makes lips, voice, answers, picture and sound; and why not something else. */
export function Engines({ health }: { health: Health }) {
  const { t } = useTranslation('server');
  const { voice, chat, encoders } = health;
  const troubled = voice.engines.filter(({ state }) => state === 'failing');
  return (
    <section className={classes.section} aria-labelledby="server-engines">
      <h3 id="server-engines">{t('server.engines')}</h3>
      <dl className={classes.engines}>
        <Mouth mouth={health.mouth} />
        <Engine name={t('server.engine.voice')} value={voice.engine}>
          {troubled.map((one) => (
            <p key={one.engine} className={classes.warn}>
              {one.engine}: {t('server.engine.failing', { problem: problemInOwnWords(one) ?? '' })}
            </p>
          ))}
        </Engine>
        <Engine name={t('server.engine.chat')} value={chat.model ?? t('server.engine.none')}>
          {chat.problem && <p className={classes.dim}>{inOwnWords(chat.told, chat.problem)}</p>}
        </Engine>
        <Engine name={t('server.engine.video')} value={encoders.video.join(', ')} />
        <Engine name={t('server.engine.audio')} value={encoders.audio.join(', ')} />
      </dl>
    </section>
  );
}

function Engine({ name, value, children }: { name: string; value: string; children?: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span>{value}</span>
        {children}
      </dd>
    </div>
  );
}

function Mouth({ mouth }: { mouth: Health['mouth'] }) {
  const { t } = useTranslation('server');
  const { model, provider, mode, state, restarts, modeReason, providers = [] } = mouth;
  const instead = mouth.instead && { ...mouth.instead, why: inOwnWords(mouth.instead.told, mouth.instead.why) };
  const pictureMs = mouth.recentPictureMs ?? mouth.warmPictureMs;
  const facts = [
    model,
    provider,
    mode && mode !== 'none' ? mode : '',
    pictureMs > 0 ? t('server.engine.msPerPicture', { ms: ms(pictureMs) }) : '',
    state === 'ready' ? '' : t(`server.mouth.${state}`),
    restarts > 0 ? t('server.mouth.restarts', { count: restarts }) : '',
  ];
  const others = providers.filter(({ chosen }) => !chosen);
  return (
    <Engine name={t('server.engine.mouth')} value={facts.filter(Boolean).join(' · ')}>
      {instead && !instead.loading && <p className={classes.warn}>{t('server.engine.instead', instead)}</p>}
      {instead?.loading && <p className={classes.dim}>{t('server.engine.loading', instead)}</p>}
      {modeReason && <p className={classes.dim}>{inOwnWords(mouth.toldModeReason, modeReason)}</p>}
      {others.length > 0 && (
        <details className={classes.others}>
          <summary>{t('server.engine.others')}</summary>
          <ul>
            {others.map(({ name, reason, told, pictureMs }) => (
              <li key={name}>
                <code>{name}</code> {inOwnWords(told, reason)}
                {pictureMs !== undefined && ` (${t('server.engine.msPerPicture', { ms: ms(pictureMs) })})`}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Engine>
  );
}
