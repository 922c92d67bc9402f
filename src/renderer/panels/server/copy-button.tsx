import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { copyText } from '../../components/copy-text';
import { Icon } from '../../components/icon';
import { translate } from '../../i18n/translate';
import { toastError } from '../../store/toasts';

const THANKS_MS = 1_800;

/** Copies, says so on itself, and to screen readers. Without words it is an icon; `label` is spoken either way. */
export function CopyButton(props: { text: string | (() => Promise<string>); label: string; children?: ReactNode }) {
  const { t } = useTranslation('server');
  const [copied, setCopied] = useState(0);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (copied === 0) return;
    const timer = setTimeout(() => setCopied(0), THANKS_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    setBusy(true);
    try {
      const text = typeof props.text === 'string' ? props.text : await props.text();
      if (!(await copyText(text))) throw new Error(translate('server.copyFailed' as never));
      setCopied((count) => count + 1);
    } catch (error) {
      toastError('error.server', error);
    } finally {
      setBusy(false);
    }
  };
  const icon = <Icon name={copied ? 'check' : 'copy'} size={16} />;
  return (
    <>
      {props.children ? (
        <Button
          variant="default"
          size="xs"
          leftSection={icon}
          aria-label={props.label}
          loading={busy && typeof props.text !== 'string'}
          onClick={() => void copy()}
        >
          {copied ? t('server.copied') : props.children}
        </Button>
      ) : (
        <Tooltip label={copied ? t('server.copied') : props.label}>
          <ActionIcon size={30} aria-label={props.label} onClick={() => void copy()}>
            {icon}
          </ActionIcon>
        </Tooltip>
      )}
      <span className="visually-hidden" role="status">
        {copied > 0 && t('server.copied')}
      </span>
    </>
  );
}
