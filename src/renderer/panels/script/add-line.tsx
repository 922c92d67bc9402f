import { ActionIcon, Textarea } from '@mantine/core';
import { Plus } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addLines, useScript } from '../../store/script';
import { MAX_SCRIPT_LINES } from '../../store/script-lines';
import classes from './script.module.css';

/** Where lines are written or pasted: each line of the text becomes a line of the script. */
export function AddLine() {
  const { t } = useTranslation('script');
  const [text, setText] = useState('');
  const full = useScript((s) => s.lines.length >= MAX_SCRIPT_LINES);
  const add = () => {
    if (text.trim() !== '' && addLines(text)) setText('');
  };
  const onKey = (event: KeyboardEvent) => {
    // Enter that confirms an input method's candidate must not add.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    add();
  };
  return (
    <form
      className={classes.add}
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <Textarea
        className={classes.addField}
        autosize
        minRows={1}
        maxRows={4}
        value={text}
        disabled={full}
        aria-label={t('script.add')}
        placeholder={t('script.addHint')}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKey}
      />
      <ActionIcon
        type="submit"
        size={36}
        variant="default"
        aria-label={t('script.addButton')}
        disabled={full || text.trim() === ''}
      >
        <Plus size={18} aria-hidden="true" />
      </ActionIcon>
    </form>
  );
}
