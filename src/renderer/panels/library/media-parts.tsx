import { ActionIcon, Button, Tooltip } from '@mantine/core';
import type { LucideIcon } from 'lucide-react';
import { Fragment, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { htmlLanguage } from '../../i18n/language';
import { undoRemove } from '../../store/library-actions';
import { usePreferences } from '../../store/preferences';
import classes from './media.module.css';
import { ROW_STOPS } from './row-keys';

/** What recordings and clips have in common. */

/** Facts in a row; the line breaks between them, never inside one. */
export function Facts({ facts, children }: { facts: readonly string[]; children?: ReactNode }) {
  return (
    <p className={classes.facts}>
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
  const { t } = useTranslation('common');
  if (words === undefined) return null;
  return (
    <p className={classes.fault} role="alert">
      {words || t('error.network')}
    </p>
  );
}

/** A small square button of a row. */
export function Action(props: {
  icon: LucideIcon;
  label: string;
  expanded?: boolean;
  /** Deletes something. */
  grave?: boolean;
  onClick(): void;
}) {
  const Drawing = props.icon;
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        size={34}
        className={classes.action}
        data-grave={props.grave}
        aria-label={props.label}
        aria-expanded={props.expanded}
        variant={props.expanded ? 'light' : 'subtle'}
        onClick={props.onClick}
      >
        <Drawing size={17} strokeWidth={1.8} aria-hidden="true" />
      </ActionIcon>
    </Tooltip>
  );
}

/** Brings a file to where the reader keeps them. */
export function Download(props: { icon: LucideIcon; href: string; name?: string; label: string }) {
  const Drawing = props.icon;
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        component="a"
        size={34}
        className={classes.action}
        href={props.href}
        download={props.name ?? true}
        aria-label={props.label}
      >
        <Drawing size={17} strokeWidth={1.8} aria-hidden="true" />
      </ActionIcon>
    </Tooltip>
  );
}

/** Plays in place, with what is said in it as captions. */
export function Player({ title, src, captions }: { title: string; src: string; captions: string | null }) {
  const { t } = useTranslation('library');
  const language = usePreferences((s) => s.language);
  const [broken, setBroken] = useState(false);
  const video = useRef<HTMLVideoElement>(null);
  // Who pressed Play stays where the playing goes on: the button is gone.
  useEffect(() => video.current?.focus(), []);
  if (broken) {
    return (
      <p className={classes.fault} role="alert">
        {t('library.unplayable')}
      </p>
    );
  }
  return (
    // biome-ignore lint/a11y/useMediaCaption: a recording in which nothing was said has none.
    <video
      ref={video}
      className={classes.player}
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
  const { t } = useTranslation('library');
  const undo = useRef<HTMLButtonElement>(null);
  // The pressed button is gone: its opposite takes the focus, so that a mistake is one key away from being undone.
  useEffect(() => undo.current?.focus(), []);
  return (
    <li className={classes.removed} data-testid="recording" data-removed="true">
      <p role="status">{t(undoable ? 'library.deleted' : 'library.deleting', { title })}</p>
      {undoable && (
        <Button
          ref={undo}
          variant="default"
          size="compact-md"
          onClick={(e) => {
            const list = e.currentTarget.closest('ul');
            const place = [...(list?.children ?? [])].indexOf(e.currentTarget.closest('li') as HTMLLIElement);
            undoRemove(id);
            // The row is there again, and what can be done with it.
            requestAnimationFrame(() => list?.children[place]?.querySelector<HTMLElement>(ROW_STOPS)?.focus());
          }}
        >
          {t('library.undo')}
        </Button>
      )}
    </li>
  );
}
