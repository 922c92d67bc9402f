import { Button } from '@mantine/core';
import { Check, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AvatarSummary } from '../../../shared/protocol';
import { Icon } from '../../components/icon';
import { choosePresenter } from '../../store/actions';
import { usePreferences } from '../../store/preferences';
import { removePresenter } from '../../store/presenter-actions';
import { useStudio } from '../../store/studio';
import { Action, Fault } from '../library/media-parts';
import { Confirm } from './confirm';
import gallery from './gallery.module.css';
import { Portrait } from './portrait';
import { presenterName } from './presenter-name';

interface Props {
  avatar: AvatarSummary;
  onStage: boolean;
  /** Chosen, and not there yet. */
  awaited: boolean;
  isDefault: boolean;
}

/** Somebody who can appear: the picture, what is known, and the way onto the stage. */
export function PresenterCard({ avatar, onStage, awaited, isDefault }: Props) {
  const { t } = useTranslation(['presenters', 'voices']);
  const language = usePreferences((s) => s.language);
  const coming = useStudio((s) => awaited && ['connecting', 'connected'].includes(s.connection.phase));
  const [asking, setAsking] = useState(false);
  const [fault, setFault] = useState<string>();
  const name = presenterName(avatar, language);
  const choose = () => choosePresenter(isDefault ? null : avatar.id);
  return (
    <li className={gallery.card} data-on-stage={onStage} data-testid="presenter-card">
      <span className={gallery.portrait}>
        <Portrait id={avatar.thumbnail ? avatar.id : null} iconPx={40} />
      </span>
      <div className={gallery.words}>
        <h3>{name}</h3>
        <p>{t(`voices:presenter.kind.${avatar.kind}`)}</p>
        <p>
          {avatar.widthPx} × {avatar.heightPx}
        </p>
      </div>
      <Fault words={fault} />
      {asking ? (
        <Confirm
          words={t('gallery.confirm', { name })}
          onNo={() => setAsking(false)}
          onYes={async () => {
            setFault(await removePresenter(avatar.id));
            setAsking(false);
          }}
        />
      ) : (
        <div className={gallery.actions}>
          <Button
            variant={onStage ? 'transparent' : 'default'}
            size="compact-md"
            leftSection={onStage && <Check size={16} strokeWidth={2.4} aria-hidden="true" />}
            className={gallery.choose}
            aria-label={t(onStage ? 'gallery.isOnStage' : 'gallery.putOnStageOf', { name })}
            aria-pressed={onStage}
            loading={coming}
            onClick={() => !onStage && choose()}
          >
            {t(onStage ? 'gallery.onStage' : 'gallery.putOnStage')}
          </Button>
          {avatar.removable && (
            <Action icon={Trash2} grave label={t('gallery.delete', { name })} onClick={() => setAsking(true)} />
          )}
        </div>
      )}
    </li>
  );
}

/** A folder that means to be a presenter and is not in order: what is wrong with it, and what to do. */
export function BrokenCard({ id, message }: { id: string; message: string }) {
  const { t } = useTranslation('presenters');
  return (
    <li className={gallery.card} data-broken="true" data-testid="presenter-problem">
      <span className={gallery.portrait}>
        <Icon name="alert" size={32} />
      </span>
      <div className={gallery.words}>
        <h3>{id}</h3>
        <p>{t('gallery.broken')}</p>
      </div>
      <p className={gallery.problem}>{message}</p>
    </li>
  );
}
