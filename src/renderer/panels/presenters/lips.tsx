import { Badge, Button } from '@mantine/core';
import { Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MouthModel } from '../../../shared/library-protocol';
import { useWhileSeen } from '../../components/use-while-seen';
import { refreshImports } from '../../store/import-actions';
import { refreshModels, removeModel, useMouthModels } from '../../store/mouth-models';
import { useFigures } from '../library/figures';
import { Action, Facts, Fault } from '../library/media-parts';
import { Notice } from '../library/notice';
import { lockedReason } from '../settings/locked-reason';
import { RestartButton } from '../settings/restart-button';
import { loadSettings, useSettings } from '../settings/settings-store';
import classes from './cast.module.css';
import { chooseModel } from './choose-model';
import { Confirm } from './confirm';
import { ImportFoot } from './import-foot';
import { ImportLines } from './import-lines';
import lips from './lips.module.css';
import { useImportDrop } from './use-import-drop';
import { Waiting } from './waiting';

/** How often the page asks whether the chosen model has taken over. */
const ASK_MS = 1_000;

/** The models that move mouths: which one does, which one will from the next start on, and the way in for others. */
export function Lips() {
  const { t } = useTranslation(['presenters', 'common']);
  const { t: ofSettings } = useTranslation('settings');
  const { models, instead, problem } = useMouthModels();
  const row = useSettings((s) => s.rows.find(({ name }) => name === 'model'));
  const refused = useSettings((s) => s.problems.model);
  useEffect(() => {
    void refreshModels();
    void refreshImports();
    void loadSettings();
  }, []);
  // A model that was chosen is converted and loaded beside the one that serves.
  const chosen = models?.find(({ id }) => id === row?.value);
  // Of one that was chosen a moment ago the server may not have told anything yet.
  const loading = instead?.loading ?? (chosen !== undefined && !chosen.inUse && row?.waits === false);
  useWhileSeen(loading, refreshModels, ASK_MS);
  const drop = useImportDrop('weights');
  const locked = lockedReason(row, ofSettings);
  return (
    <>
      <div className={classes.scroll} {...drop}>
        <ImportLines kind="weights" />
        {row?.waits && <Waits onRestarted={() => void Promise.all([refreshModels(), loadSettings()])} />}
        {locked !== undefined && <p className={`${classes.note} ${classes.plain}`}>{locked}</p>}
        <Fault words={refused === undefined ? undefined : refused || ofSettings('settings.denied')} />
        {instead && !instead.loading && <Fault words={t('lips.refused', instead)} />}
        {models === null && problem !== null && (
          <Notice icon="alert" title={t('lips.failed')} words={problem || t('common:error.network')}>
            <Button variant="default" onClick={() => void refreshModels()}>
              {t('common:action.retryNow')}
            </Button>
          </Notice>
        )}
        {models === null && problem === null && <Waiting />}
        {models && (
          <ul className={lips.models} aria-label={t('lips.list')}>
            {models.map((model) => (
              <Model
                key={model.id}
                model={model}
                next={row?.value === model.id && !model.inUse && (row.waits ? 'next' : loading && 'loading')}
                locked={locked !== undefined}
              />
            ))}
          </ul>
        )}
      </div>
      <ImportFoot kind="weights" />
    </>
  );
}

/** Chosen, and not moving the lips yet: it is being made ready, or waits for the next start. */
type Next = 'loading' | 'next' | false;

function Model({ model, next, locked }: { model: MouthModel; next: Next; locked: boolean }) {
  const { t } = useTranslation('presenters');
  const figures = useFigures();
  const fault = useMouthModels((s) => s.faults[model.id]);
  const saving = useSettings((s) => s.marks.model === 'saving');
  const [asking, setAsking] = useState(false);
  const { id, name, kind, bytes, faceSizePx, inUse, removable } = model;
  const facts = [
    t(`lips.kind.${kind}`),
    faceSizePx === undefined ? '' : t('lips.face', { size: faceSizePx }),
    figures.bytes(bytes),
  ].filter(Boolean);
  return (
    <li className={lips.model} data-in-use={inUse} data-testid="mouth-model">
      <div className={lips.words}>
        <h3>
          <span>{name}</span>
          {inUse && <Badge className={lips.badge}>{t('lips.inUse')}</Badge>}
          {next && (
            <Badge className={lips.badge} data-next={next}>
              {t(`lips.${next}`)}
            </Badge>
          )}
        </h3>
        <Facts facts={facts} />
      </div>
      {!asking && (
        <div className={lips.actions}>
          {!inUse && !next && (
            <Button
              variant="default"
              size="compact-md"
              fz="sm"
              disabled={locked || saving}
              aria-label={t('lips.useOf', { name })}
              onClick={() => void chooseModel(id)}
            >
              {t('lips.use')}
            </Button>
          )}
          {removable && !inUse && (
            <Action icon={Trash2} grave label={t('gallery.delete', { name })} onClick={() => setAsking(true)} />
          )}
        </div>
      )}
      {asking && (
        <Confirm
          words={t('lips.confirm', { name })}
          onNo={() => setAsking(false)}
          onYes={async () => {
            await removeModel(id);
            setAsking(false);
          }}
        />
      )}
      <Fault words={fault} />
    </li>
  );
}

/** The chosen model is not the one that moves the lips now. */
function Waits({ onRestarted }: { onRestarted(): void }) {
  const { t } = useTranslation('presenters');
  return (
    <div className={`${classes.note} ${lips.waits}`} role="status">
      <p>{t(window.herald ? 'lips.waits' : 'lips.waitsRestart')}</p>
      <RestartButton size="compact-md" fz="sm" onRestarted={onRestarted} />
    </div>
  );
}
