import { Button, Progress } from '@mantine/core';
import { Check, Download, Pause, Play, RotateCcw, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CatalogueVoiceView } from '../../../shared/library-protocol';
import { inOwnWords } from '../../i18n/told';
import { closeCast } from '../../store/cast';
import { changeDownload, groupCatalogue, refreshCatalogue, removeDownload, useCatalogue } from '../../store/catalogue';
import { usePreferences } from '../../store/preferences';
import { languageName, regionName } from '../../store/voices';
import { useFigures } from '../library/figures';
import { Action, Facts, Fault } from '../library/media-parts';
import { Notice } from '../library/notice';
import { openSettings } from '../settings/settings-store';
import classes from './cast.module.css';
import catalogueClasses from './catalogue.module.css';
import { SearchField } from './search-field';
import voiceClasses from './voices.module.css';
import { Waiting } from './waiting';

/** Voices that can be downloaded, those on their way, and those that are here. */
export function CatalogueList() {
  const { t } = useTranslation(['presenters', 'voices', 'common']);
  const language = usePreferences((s) => s.language);
  const { catalogue, problem } = useCatalogue();
  const [query, setQuery] = useState('');
  if (!catalogue) {
    if (problem === null) return <Waiting />;
    return (
      <Notice icon="alert" title={t('catalogue.failed')} words={problem || t('common:error.network')}>
        <Button variant="default" onClick={() => void refreshCatalogue()}>
          {t('common:action.retryNow')}
        </Button>
      </Notice>
    );
  }
  const groups = groupCatalogue(catalogue.voices, query, [language], language);
  return (
    <>
      <SearchField className={voiceClasses.search} label={t('voices:voice.search')} value={query} onChange={setQuery} />
      <div className={`${classes.scroll} ${voiceClasses.list}`}>
        {catalogue.problem !== undefined && <Silent why={inOwnWords(catalogue.told, catalogue.problem)} />}
        {groups.map((group) => (
          <section key={group.language} aria-labelledby={`catalogue-${group.language}`}>
            <h3 className={voiceClasses.language} id={`catalogue-${group.language}`}>
              {group.language ? languageName(group.language, language) : t('voices:voice.otherLanguages')}
            </h3>
            <ul className={catalogueClasses.voices}>
              {group.voices.map((voice) => (
                <Entry key={voice.name} voice={voice} />
              ))}
            </ul>
          </section>
        ))}
        {groups.length === 0 && (
          <div className={voiceClasses.none}>
            <p>{t('voices:voice.none')}</p>
          </div>
        )}
      </div>
      <div className={classes.foot}>
        <p>{t('catalogue.source', { host: catalogue.host })}</p>
      </div>
    </>
  );
}

/** What keeps downloaded voices from speaking, and the way to where that is changed. */
function Silent({ why }: { why: string }) {
  const { t } = useTranslation('presenters');
  return (
    <div className={`${classes.note} ${catalogueClasses.silent}`}>
      <p>{why}</p>
      <Button
        variant="default"
        size="compact-md"
        fz="sm"
        onClick={() => {
          closeCast();
          openSettings('voice');
        }}
      >
        {t('catalogue.settings')}
      </Button>
    </div>
  );
}

/** `en_US-joe-medium` is Joe, in medium quality; a name of another form stands as it is. */
function speakerOf(name: string): { speaker: string; quality: string } {
  const [, speaker, quality] = /^[a-z]{2,3}_[A-Z]{2}-(.+)-([a-z_]+)$/.exec(name) ?? [];
  if (!speaker || !quality) return { speaker: name, quality: '' };
  return { speaker: speaker.charAt(0).toUpperCase() + speaker.slice(1), quality: quality.replace('_', ' ') };
}

function Entry({ voice }: { voice: CatalogueVoiceView }) {
  const { t } = useTranslation('presenters');
  const language = usePreferences((s) => s.language);
  const figures = useFigures();
  const fault = useCatalogue((s) => s.faults[voice.name]);
  const { name, state, bytes, receivedBytes, problem, licence } = voice;
  const { speaker, quality } = speakerOf(name);
  const moving = state === 'queued' || state === 'downloading' || state === 'paused' || state === 'checking';
  const facts = [regionName(voice.language, language), quality, figures.bytes(bytes)];
  return (
    <li className={catalogueClasses.voice} data-state={state} data-testid="catalogue-voice">
      <div className={catalogueClasses.words}>
        <b title={name}>{speaker}</b>
        <Facts facts={facts.filter(Boolean)} />
        {licence && <p className={catalogueClasses.licence}>{licence}</p>}
      </div>
      <div className={catalogueClasses.actions}>
        {state === 'absent' && (
          <Button
            variant="default"
            size="compact-md"
            fz="sm"
            leftSection={<Download size={15} aria-hidden="true" />}
            aria-label={t('catalogue.downloadOf', { name: speaker })}
            onClick={() => void changeDownload(name, 'download')}
          >
            {t('catalogue.download')}
          </Button>
        )}
        {state === 'failed' && (
          <Button
            variant="default"
            size="compact-md"
            fz="sm"
            leftSection={<RotateCcw size={15} aria-hidden="true" />}
            aria-label={t('catalogue.retryOf', { name: speaker })}
            onClick={() => void changeDownload(name, 'download')}
          >
            {t('catalogue.retry')}
          </Button>
        )}
        {(state === 'downloading' || state === 'queued') && (
          <Action
            icon={Pause}
            label={t('catalogue.pause', { name: speaker })}
            onClick={() => void changeDownload(name, 'pause')}
          />
        )}
        {state === 'paused' && (
          <Action
            icon={Play}
            label={t('catalogue.resume', { name: speaker })}
            onClick={() => void changeDownload(name, 'resume')}
          />
        )}
        {moving && (
          <Action icon={X} label={t('catalogue.cancel', { name: speaker })} onClick={() => void removeDownload(name)} />
        )}
        {state === 'installed' && (
          <>
            <span className={catalogueClasses.installed}>
              <Check size={15} aria-hidden="true" /> {t('catalogue.installed')}
            </span>
            <Action
              icon={Trash2}
              grave
              label={t('gallery.delete', { name: speaker })}
              onClick={() => void removeDownload(name)}
            />
          </>
        )}
      </div>
      {moving && (
        <div className={catalogueClasses.progress}>
          <Progress.Root size={6}>
            <Progress.Section
              value={bytes > 0 ? (receivedBytes / bytes) * 100 : 0}
              aria-label={t('catalogue.progress', { name: speaker })}
            />
          </Progress.Root>
          <span>
            {t(`catalogue.state.${state}`)} ·{' '}
            {t('catalogue.amount', { received: figures.bytes(receivedBytes), all: figures.bytes(bytes) })}
          </span>
        </div>
      )}
      {state === 'failed' && <Fault words={problem} />}
      <Fault words={fault} />
    </li>
  );
}
