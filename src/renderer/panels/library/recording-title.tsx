import { useRef, useState } from 'react';
import { Icon } from '../components/icon';
import { useTranslate } from '../i18n/use-translate';
import { rename } from '../store/library-actions';

const MAX_LENGTH = 200;

/** The title, which becomes a field when it is pressed: Enter keeps what was typed, Esc what was there. */
export function RecordingTitle({ id, title }: { id: string; title: string }) {
  const t = useTranslate();
  const [editing, setEditing] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const done = (words: string | null) => {
    if (words !== null) void rename(id, words);
    setEditing(false);
    // After the field is gone.
    requestAnimationFrame(() => button.current?.focus());
  };
  if (editing) {
    return (
      <input
        className="recording-field"
        aria-label={t('library.titleLabel')}
        defaultValue={title}
        maxLength={MAX_LENGTH}
        // biome-ignore lint/a11y/noAutofocus: it was asked for by pressing the title.
        autoFocus
        onFocus={(e) => e.currentTarget.select()}
        onBlur={(e) => {
          void rename(id, e.currentTarget.value);
          setEditing(false);
        }}
        onKeyDown={(e) => {
          if (e.nativeEvent.isComposing) return;
          if (e.key === 'Enter') done(e.currentTarget.value);
          if (e.key !== 'Escape') return;
          e.preventDefault();
          e.stopPropagation();
          e.currentTarget.value = title;
          done(null);
        }}
      />
    );
  }
  return (
    <h3 className="recording-title">
      <button
        ref={button}
        type="button"
        aria-label={t('library.rename', { title })}
        title={t('library.rename', { title })}
        onClick={() => setEditing(true)}
      >
        <span>{title}</span>
        <Icon name="pencil" size={14} />
      </button>
    </h3>
  );
}
