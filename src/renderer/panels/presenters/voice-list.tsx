import { Button } from '@mantine/core';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePreferences } from '../../store/preferences';
import { useStudio } from '../../store/studio';
import { useVoicePreview } from '../../store/voice-preview';
import { groupVoices, languageName, regionName, type VoiceOption, voiceInUse } from '../../store/voices';
import { Fault } from '../library/media-parts';
import classes from './cast.module.css';
import { ListenButton } from './listen-button';
import { SearchField } from './search-field';
import voiceClasses from './voices.module.css';

/** Whoever opens the list wants to find a voice; on phones the keyboard would hide it. */
const COARSE = matchMedia('(pointer: coarse)');

/**
 * The voices of the engine that speaks, to listen to and to choose from. Radio buttons: arrows go from voice to voice, Tab from
 * the chosen one to its Listen button, so that a list of four hundred is two stops long. From the search, Enter takes the first
 * that was found and the down arrow leads into the list.
 */
export function VoiceList({ onMore }: { onMore(): void }) {
  const { t } = useTranslation(['voices', 'presenters', 'common']);
  const language = usePreferences((s) => s.language);
  const chosen = usePreferences((s) => s.voice);
  const voices = useStudio((s) => s.voices);
  const [query, setQuery] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const current = voiceInUse(voices, chosen)?.id ?? null;
  const listed = voices?.voices ?? [];
  const groups = groupVoices(listed, query, [language], language);
  const shown = groups.flatMap((group) => group.voices);
  const automatic = query.trim() === '';
  const stop = (automatic && current === null) || shown.some(({ id }) => id === current) ? current : shown[0]?.id;

  useEffect(() => {
    list.current?.querySelector('input:checked')?.scrollIntoView({ block: 'center' });
  }, []);

  const choose = (voice: VoiceOption | null) =>
    usePreferences.setState({
      voice: voice && voices ? { engine: voices.engine, id: voice.id, name: voice.name } : null,
    });
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      (list.current?.querySelector<HTMLElement>('input:checked') ?? list.current?.querySelector('input'))?.focus();
    } else if (event.key === 'Enter' && !automatic && shown[0]) {
      event.preventDefault();
      choose(shown[0]);
    }
  };
  const nothing = () => {
    if (!voices) return t('voice.unknown');
    if (listed.length > 0) return t('voice.none');
    return voices.problem ?? t('voice.unlisted', { engine: voices.engine });
  };

  return (
    <>
      <SearchField
        className={voiceClasses.search}
        label={t('voice.search')}
        first={!COARSE.matches}
        value={query}
        onChange={setQuery}
        onKeyDown={onKey}
      />
      <div
        ref={list}
        className={`${classes.scroll} ${voiceClasses.list}`}
        role="radiogroup"
        aria-label={t('voice.list', { engine: voices?.engine ?? '' })}
      >
        {automatic && (
          <Row
            id={null}
            name={t('voice.automatic')}
            detail={voices ? t('voice.automaticHint', { engine: voices.engine }) : ''}
            checked={current === null}
            stop={stop === null}
            onChoose={() => choose(null)}
          />
        )}
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a part of the radio group, not a form's fieldset.
          <div key={group.language} role="group" aria-labelledby={`voices-${group.language}`}>
            <span className={voiceClasses.language} id={`voices-${group.language}`}>
              {group.language ? languageName(group.language, language) : t('voice.otherLanguages')}
            </span>
            {group.voices.map((voice) => (
              <Row
                key={voice.id}
                id={voice.id}
                name={voice.name}
                detail={[regionName(voice.language, language), voice.gender && t(`voice.${voice.gender}`)]
                  .filter(Boolean)
                  .join(' · ')}
                checked={voice.id === current}
                stop={voice.id === stop}
                onChoose={() => choose(voice)}
              />
            ))}
          </div>
        ))}
        {groups.length === 0 && (
          <div className={voiceClasses.none}>
            <p>{nothing()}</p>
            {voices && (
              <Button variant="subtle" size="compact-md" onClick={onMore}>
                {t('presenters:catalogue.look')}
              </Button>
            )}
          </div>
        )}
      </div>
    </>
  );
}

function Row(props: {
  id: string | null;
  name: string;
  detail: string;
  checked: boolean;
  /** Tab stops here: at one voice of all. */
  stop: boolean;
  onChoose(): void;
}) {
  const { id, name, checked } = props;
  const fault = useVoicePreview((s) => (s.fault && s.fault.voice === id ? s.fault.problem : undefined));
  return (
    <div className={voiceClasses.row} data-chosen={checked} data-testid="voice-row">
      <label className={voiceClasses.choice}>
        <input type="radio" name="voice" checked={checked} onChange={props.onChoose} />
        <span className={voiceClasses.name} data-testid="voice-name">
          {name}
        </span>
        <span className={voiceClasses.detail}>{props.detail}</span>
      </label>
      {id !== null && <ListenButton voice={id} name={name} stop={props.stop} />}
      <Fault words={fault} />
    </div>
  );
}
