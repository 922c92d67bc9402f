import { Button, PasswordInput, SegmentedControl, TextInput } from '@mantine/core';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CAMERA_INSTALL } from '../../../shared/camera-driver';
import { explain } from '../../store/toasts';
import { CopyButton } from '../server/copy-button';
import classes from './outputs.module.css';
import { send } from './outputs-store';
import { emptyWish, KINDS, type Kind, outputOf, type Problem, type Wish } from './wish';

/** To send the session somewhere: how, where to, and the secret that goes with it. */
export function AddOutput({ sessionId }: { sessionId: number }) {
  const { t } = useTranslation('outputs');
  const [wish, setWish] = useState<Wish>(emptyWish);
  const [lacks, setLacks] = useState<Problem>();
  const [refusal, setRefusal] = useState('');
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const change = (some: Partial<Wish>) => {
    setWish({ ...wish, ...some });
    setLacks(undefined);
    setRefusal('');
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const asked = outputOf(wish);
    if ('problem' in asked) {
      setLacks(asked.problem);
      first.current?.focus();
      return;
    }
    setBusy(true);
    setRefusal('');
    try {
      await send(sessionId, asked.output);
      setWish({ ...emptyWish, kind: wish.kind });
    } catch (error) {
      setRefusal(explain(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className={classes.add} aria-labelledby="outputs-add" noValidate onSubmit={(event) => void submit(event)}>
      <h3 id="outputs-add">{t('outputs.add')}</h3>
      <SegmentedControl
        fullWidth
        aria-label={t('outputs.kind')}
        value={wish.kind}
        onChange={(kind) => change({ kind: kind as Kind })}
        data={KINDS.map((value) => ({ value, label: t(`outputs.kind.${value}`) }))}
      />
      <p className={classes.dim}>{t(`outputs.kindHint.${wish.kind}`)}</p>
      <div className={classes.fields} data-kind={wish.kind}>
        {wish.kind === 'rtmp' && (
          <>
            <TextInput
              ref={first}
              label={t('outputs.rtmpServer')}
              placeholder={t('outputs.rtmpServerHint')}
              value={wish.rtmpServer}
              error={lacks && t(lacks)}
              inputMode="url"
              autoComplete="off"
              spellCheck={false}
              maxLength={1_000}
              onChange={(e) => change({ rtmpServer: e.currentTarget.value })}
            />
            <Secret
              label={t('outputs.rtmpKey')}
              hint={t('outputs.rtmpKeyHint')}
              value={wish.rtmpKey}
              onChange={(rtmpKey) => change({ rtmpKey })}
            />
          </>
        )}
        {wish.kind === 'whip' && (
          <>
            <TextInput
              ref={first}
              label={t('outputs.whipAddress')}
              placeholder={t('outputs.whipAddressHint')}
              value={wish.whipAddress}
              error={lacks && t(lacks)}
              inputMode="url"
              autoComplete="off"
              spellCheck={false}
              maxLength={2_000}
              onChange={(e) => change({ whipAddress: e.currentTarget.value })}
            />
            <Secret
              label={t('outputs.whipToken')}
              hint={t('outputs.whipTokenHint')}
              value={wish.whipToken}
              onChange={(whipToken) => change({ whipToken })}
            />
          </>
        )}
        {wish.kind === 'camera' && (
          <TextInput
            ref={first}
            label={t('outputs.device')}
            description={t('outputs.deviceHint')}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            placeholder="/dev/video10"
            value={wish.device}
            error={lacks && t(lacks)}
            autoComplete="off"
            spellCheck={false}
            maxLength={20}
            onChange={(e) => change({ device: e.currentTarget.value })}
          />
        )}
      </div>
      {refusal.includes(CAMERA_INSTALL) ? <NoDriver /> : refusal && <Refusal words={refusal} />}
      <Button type="submit" loading={busy} className={classes.send}>
        {t('outputs.send')}
      </Button>
    </form>
  );
}

function Secret(props: { label: string; hint: string; value: string; onChange(value: string): void }) {
  const { t } = useTranslation('outputs');
  return (
    <PasswordInput
      label={props.label}
      description={props.hint}
      value={props.value}
      // Neither kept nor offered by the browser: it is not this page's password.
      autoComplete="new-password"
      spellCheck={false}
      maxLength={1_000}
      visibilityToggleButtonProps={{ 'aria-label': t('outputs.showKey'), tabIndex: 0 }}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      onChange={(e) => props.onChange(e.currentTarget.value)}
    />
  );
}

const Refusal = ({ words }: { words: string }) => (
  <p className={classes.refusal} role="alert">
    {words}
  </p>
);

/** The one thing that is missing, ready to be copied. */
function NoDriver() {
  const { t } = useTranslation('outputs');
  return (
    <div className={classes.noDriver} role="alert">
      <strong>{t('outputs.noDriver')}</strong>
      <p>{t('outputs.noDriverHint')}</p>
      <code>{CAMERA_INSTALL}</code>
      <CopyButton text={CAMERA_INSTALL} label={t('outputs.copyCommand')}>
        {t('outputs.copyCommand')}
      </CopyButton>
      <p className={classes.dim}>{t('outputs.noDriverOthers')}</p>
    </div>
  );
}
