import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './server.module.css';

/**
 * A button that asks once more where pressing it cannot be taken back. The question stands in its place and takes the focus; Esc, or
 * leaving it, takes it away.
 */
export function SureButton(props: {
  words: string;
  label: string;
  /** What there is to consider; without it nothing is asked. */
  question: string | null;
  busy?: boolean;
  onSure(): void;
}) {
  const { t } = useTranslation('common');
  const [asking, setAsking] = useState(false);
  const sure = useRef<HTMLButtonElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (asking) sure.current?.focus();
  }, [asking]);
  const stop = () => {
    setAsking(false);
    requestAnimationFrame(() => first.current?.focus());
  };
  if (!asking) {
    return (
      <Button
        ref={first}
        variant="default"
        size="xs"
        aria-label={props.label}
        loading={props.busy ?? false}
        onClick={() => (props.question === null ? props.onSure() : setAsking(true))}
      >
        {props.words}
      </Button>
    );
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be announced as a form of its own
    <div
      role="group"
      aria-label={props.question ?? undefined}
      className={classes.question}
      data-own-escape="true"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        stop();
      }}
    >
      <span className={classes.dim}>{props.question}</span>
      <Button variant="subtle" color="gray" size="xs" onClick={stop}>
        {t('action.cancel')}
      </Button>
      <Button
        ref={sure}
        className={classes.sure}
        size="xs"
        aria-label={props.label}
        onClick={() => {
          setAsking(false);
          props.onSure();
        }}
      >
        {props.words}
      </Button>
    </div>
  );
}
