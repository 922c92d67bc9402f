import { Kbd, Modal } from '@mantine/core';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import { useStudio } from '../store/studio';
import classes from './keys-sheet.module.css';

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

const ROWS = [
  ['Esc', 'keys.interrupt'],
  ['/', 'keys.compose'],
  ['Enter', 'keys.send'],
  [isMac ? '⌘ Enter' : 'Ctrl Enter', 'keys.sendOther'],
  ['↑', 'keys.edit'],
  ['1', 'keys.live'],
  ['2', 'keys.still'],
  ['3–9', 'keys.perform'],
  ['N', 'keys.next'],
  ['R', 'keys.repeat'],
  ['Shift R', 'keys.record'],
  ['M', 'keys.mute'],
  ['F', 'keys.fullscreen'],
  ['P', 'keys.float'],
  ['S', 'keys.snapshot'],
  ['V', 'keys.cast'],
  ['I', 'keys.server'],
  ['?', 'keys.open'],
] as const;

/** Which key does what. */
export function KeysSheet() {
  const { t } = useTranslation('common');
  const open = useStudio((s) => s.keysOpen);
  return (
    <Modal
      opened={open}
      onClose={() => useStudio.setState({ keysOpen: false })}
      title={t('keys.title')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
      centered
      radius={14}
    >
      <dl className={classes.keys}>
        {ROWS.map(([key, label]) => (
          <Fragment key={key}>
            <dt>
              {key.split(' ').map((one) => (
                <Kbd key={one}>{one}</Kbd>
              ))}
            </dt>
            <dd>{t(label)}</dd>
          </Fragment>
        ))}
      </dl>
    </Modal>
  );
}
