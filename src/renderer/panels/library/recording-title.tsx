import { Pencil } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { rename } from '../../store/library-actions';
import classes from './media.module.css';

const MAX_LENGTH = 200;

/** The title, which becomes a field when it is pressed: Enter keeps what was typed, Esc what was there. */
export function RecordingTitle({ id, title }: { id: string; title: string }) {
  const { t } = useTranslation('library');
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
        className={classes.field}
        data-own-escape="true"
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
    <h3 className={classes.title}>
      <button
        ref={button}
        type="button"
        aria-label={t('library.rename', { title })}
        title={title}
        onClick={() => setEditing(true)}
      >
        <span>{title}</span>
        <Pencil size={14} aria-hidden="true" />
      </button>
    </h3>
  );
}
