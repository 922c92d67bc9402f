import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../components/icon';
import { IconButton } from '../../components/icon-button';

import { usePreferences } from '../../store/preferences';
import { useStudio } from '../../store/studio';
import { refreshVoices } from '../../store/voice-actions';
import { groupVoices, languageName, regionName, standIn, type VoiceOption, voiceInUse } from '../../store/voices';
import { Speed, StandInNote } from './voice-parts';

/** How often a failing engine is looked at while somebody watches. */
const WATCH_MS = 5_000;

/** The list of voices with its search, the state of the engine, and the speed. */
export function VoicePanel({ onDone }: { onDone(): void }) {
  const { t } = useTranslation(['voices', 'common']);
  const language = usePreferences((s) => s.language);
  const chosen = usePreferences((s) => s.voice);
  const voices = useStudio((s) => s.voices);
  const heard = useStudio((s) => s.voice);
  const [query, setQuery] = useState('');
  const current = voiceInUse(voices, chosen)?.id ?? null;
  const [active, setActive] = useState<string | null>(current);
  const list = useRef<HTMLDivElement>(null);
  const failing = standIn(voices, heard);
  const troubled = failing !== null;
  useEffect(() => {
    if (!troubled) return;
    const timer = setInterval(() => void refreshVoices(), WATCH_MS);
    return () => clearInterval(timer);
  }, [troubled]);

  const listed = voices?.voices ?? [];
  const groups = groupVoices(listed, query, [language], language);
  const ids = [...(query.trim() ? [] : [null]), ...groups.flatMap((group) => group.voices.map((voice) => voice.id))];
  const marked = ids.includes(active) ? active : ids[0];

  // The choice made earlier is in sight when the list opens, and the marked one while the arrows move it.
  useEffect(() => {
    list.current?.querySelector(`[id="${CSS.escape(optionId(marked))}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [marked]);

  const nothing = () => {
    if (!voices) return t('voice.unknown');
    if (listed.length > 0) return t('voice.none');
    return voices.problem ?? t('voice.unlisted', { engine: voices.engine });
  };
  const choose = (voice: VoiceOption | null) => {
    usePreferences.setState({
      voice: voice && voices ? { engine: voices.engine, id: voice.id, name: voice.name } : null,
    });
    onDone();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const at = marked === undefined ? -1 : ids.indexOf(marked);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      setActive(ids[Math.min(Math.max(to, 0), ids.length - 1)] ?? null);
    } else if (event.key === 'Enter' && marked !== undefined) {
      event.preventDefault();
      choose(listed.find((voice) => voice.id === marked) ?? null);
    }
  };

  return (
    <div className="voice-panel">
      <header>
        <h2>{t('voice.title')}</h2>
        <IconButton small icon="close" label={t('common:action.close')} onClick={onDone} />
      </header>
      {failing && <StandInNote {...failing} />}
      <label className="voice-search">
        <Icon name="search" size={18} />
        <input
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="voice-list"
          aria-autocomplete="list"
          aria-activedescendant={marked === undefined ? undefined : optionId(marked)}
          aria-label={t('voice.search')}
          placeholder={t('voice.search')}
          spellCheck={false}
          autoComplete="off"
          value={query}
          onChange={(e) => setQuery(e.target.value)}
          onKeyDown={onKey}
        />
      </label>
      <div
        ref={list}
        id="voice-list"
        className="voice-list"
        role="listbox"
        aria-label={t('voice.list', { engine: voices?.engine ?? '' })}
      >
        {query.trim() === '' && (
          <Option
            id={null}
            name={t('voice.automatic')}
            detail={voices ? t('voice.automaticHint', { engine: voices.engine }) : ''}
            selected={current === null}
            marked={marked === null}
            onChoose={() => choose(null)}
          />
        )}
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: the group of a listbox, which has no element of its own.
          <div key={group.language} role="group" aria-labelledby={`voices-${group.language}`}>
            <span className="voice-language" id={`voices-${group.language}`}>
              {group.language ? languageName(group.language, language) : t('voice.otherLanguages')}
            </span>
            {group.voices.map((voice) => (
              <Option
                key={voice.id}
                id={voice.id}
                name={voice.name}
                detail={[regionName(voice.language, language), voice.gender && t(`voice.${voice.gender}`)]
                  .filter(Boolean)
                  .join(' · ')}
                selected={voice.id === current}
                marked={voice.id === marked}
                onChoose={() => choose(voice)}
              />
            ))}
          </div>
        ))}
        {groups.length === 0 && <p className="voice-none">{nothing()}</p>}
      </div>
      <Speed />
    </div>
  );
}

const optionId = (id: string | null | undefined): string => `voice-${id ?? 'automatic'}`;

function Option(props: {
  id: string | null;
  name: string;
  detail: string;
  selected: boolean;
  marked: boolean;
  onChoose(): void;
}) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the search field, which names the marked option.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the search field takes the keys.
    <div
      id={optionId(props.id)}
      role="option"
      aria-selected={props.selected}
      data-marked={props.marked}
      className="voice-option"
      onClick={props.onChoose}
    >
      <span className="voice-name">{props.name}</span>
      <span className="voice-detail">{props.detail}</span>
      {props.selected && <Icon name="check" size={18} />}
    </div>
  );
}
