import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './confirm.module.css';

/** Asks in place. The careful answer has the focus; Esc gives it. */
export function Confirm({ words, onYes, onNo }: { words: string; onYes(): Promise<void>; onNo(): void }) {
  const { t } = useTranslation(['presenters']);
  const keep = useRef<HTMLButtonElement>(null);
  const [going, setGoing] = useState(false);
  useEffect(() => keep.current?.focus(), []);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would want a legend, and its label says as much.
    <div
      role="group"
      aria-label={words}
      className={classes.confirm}
      data-own-escape="true"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onNo();
      }}
    >
      <p>{words}</p>
      <div className={classes.answers}>
        <Button ref={keep} variant="default" size="compact-md" fz="sm" onClick={onNo}>
          {t('gallery.keep')}
        </Button>
        <Button
          color="red"
          variant="light"
          size="compact-md"
          fz="sm"
          loading={going}
          onClick={() => {
            setGoing(true);
            void onYes();
          }}
        >
          {t('gallery.deleteNow')}
        </Button>
      </div>
    </div>
  );
}
