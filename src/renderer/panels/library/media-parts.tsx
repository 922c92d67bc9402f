import { Fragment, type ReactNode, useEffect, useRef, useState } from 'react';
import { Icon, type IconName } from '../components/icon';
import { htmlLanguage } from '../i18n/translate';
import { useTranslate } from '../i18n/use-translate';
import { undoRemove } from '../store/library-actions';
import { usePreferences } from '../store/preferences';

/** What recordings and clips have in common. */

/** Facts in a row; the line breaks between them, never inside one. */
export function Facts({ facts, children }: { facts: readonly string[]; children?: ReactNode }) {
  return (
    <p className="recording-facts">
      {facts.map((fact) => (
        <Fragment key={fact}>
          <span>{fact}</span>{' '}
        </Fragment>
      ))}
      {children}
    </p>
  );
}

/** What went wrong with it; '' where the server said nothing. */
export function Fault({ words }: { words: string | undefined }) {
  const t = useTranslate();
  if (words === undefined) return null;
  return (
    <p className="recording-fault" role="alert">
      {words || t('error.network')}
    </p>
  );
}

/** Opens and closes the choice of formats. */
export function ExportButton(props: { on: boolean; title: string; onToggle(on: boolean): void }) {
  const label = useTranslate()('export.open', { title: props.title });
  return (
    <button
      type="button"
      className="icon-button small"
      aria-label={label}
      aria-expanded={props.on}
      title={label}
      onClick={() => props.onToggle(!props.on)}
    >
      <Icon name="share" size={16} />
    </button>
  );
}

export function Download({ icon, href, name, label }: { icon: IconName; href: string; name?: string; label: string }) {
  return (
    <a className="icon-button small" href={href} download={name ?? true} aria-label={label} title={label}>
      <Icon name={icon} size={16} />
    </a>
  );
}

/** Plays in place, with what is said in it as captions. */
export function Player({ title, src, captions }: { title: string; src: string; captions: string | null }) {
  const t = useTranslate();
  const language = usePreferences((s) => s.language);
  const [broken, setBroken] = useState(false);
  const video = useRef<HTMLVideoElement>(null);
  // Who pressed Play stays where the playing goes on: the button is gone.
  useEffect(() => video.current?.focus(), []);
  if (broken) {
    return (
      <p className="recording-fault" role="alert">
        {t('library.unplayable')}
      </p>
    );
  }
  return (
    // biome-ignore lint/a11y/useMediaCaption: a recording in which nothing was said has none.
    <video
      ref={video}
      className="recording-player"
      data-testid="player"
      src={src}
      aria-label={title}
      controls
      autoPlay
      playsInline
      onError={() => setBroken(true)}
    >
      {captions !== null && (
        <track kind="captions" default src={captions} srcLang={htmlLanguage[language]} label={t('library.subtitles')} />
      )}
    </video>
  );
}

/** What stands in the row of a recording on its way out. */
export function Removed({ id, title, undoable }: { id: string; title: string; undoable: boolean }) {
  const t = useTranslate();
  const undo = useRef<HTMLButtonElement>(null);
  // The pressed button is gone: its opposite takes the focus, so that a mistake is one key away from being undone.
  useEffect(() => undo.current?.focus(), []);
  return (
    <li className="recording removed" data-testid="recording" data-removed="true">
      <p role="status">{t(undoable ? 'library.deleted' : 'library.deleting', { title })}</p>
      {undoable && (
        <button ref={undo} type="button" className="outline-button" onClick={() => undoRemove(id)}>
          {t('library.undo')}
        </button>
      )}
    </li>
  );
}
