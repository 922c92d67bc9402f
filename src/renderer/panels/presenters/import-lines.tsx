import { Button, Progress } from '@mantine/core';
import { CircleCheck, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ImportKind, ImportResult, ImportView } from '../../../shared/library-protocol';
import { useWhileSeen } from '../../components/use-while-seen';
import { choosePresenter } from '../../store/actions';
import { dropUpload, forgetImport, refreshImports, upload } from '../../store/import-actions';
import { isMoving, SENDING_SHARE, shownImports, type Upload, useImports } from '../../store/imports';
import { usePreferences } from '../../store/preferences';
import { useStudio } from '../../store/studio';
import { useFigures } from '../library/figures';
import { Action, Fault } from '../library/media-parts';
import { chooseModel } from './choose-model';
import classes from './imports.module.css';
import { presenterName } from './presenter-name';

/** How often the page asks how far they are. */
const ASK_MS = 700;

/** What is being brought in, how far it is, and what came of it: first its bytes travel, then the server works on them. */
export function ImportLines({ kind }: { kind: ImportKind }) {
  const { t } = useTranslation('presenters');
  const state = useImports();
  const uploads = state.uploads.filter(({ picked }) => picked.kind === kind);
  const imports = shownImports(state, kind);
  useWhileSeen(imports.some(isMoving), refreshImports, ASK_MS);
  if (uploads.length + imports.length === 0) return null;
  return (
    <ul className={classes.lines} aria-label={t('imports.list')}>
      {uploads.map((one) => (
        <UploadLine key={one.id} one={one} />
      ))}
      {imports.map((one) => (
        <ImportLine key={one.id} one={one} />
      ))}
    </ul>
  );
}

function UploadLine({ one }: { one: Upload }) {
  const { t } = useTranslation('presenters');
  const figures = useFigures();
  const { id, picked, fraction, problem } = one;
  const { name, bytes } = picked;
  if (problem !== null) {
    return (
      <Line name={name} state="failed" dismiss={t('imports.dismiss', { name })} onDismiss={() => dropUpload(id)}>
        <Fault words={`${t('imports.failed')}${problem && `: ${problem}`}`} />
        <Button variant="default" size="compact-md" fz="sm" onClick={() => void upload(id, picked)}>
          {t('imports.again')}
        </Button>
      </Line>
    );
  }
  const words =
    fraction < 1
      ? t('imports.sending', { sent: figures.bytes(fraction * bytes), all: figures.bytes(bytes) })
      : t('imports.sent');
  return (
    <Line name={name} state="sending" dismiss={t('imports.cancel', { name })} onDismiss={() => dropUpload(id)}>
      <Bar label={`${t('imports.step.receive')}: ${name}`} fraction={fraction * SENDING_SHARE} words={words} />
    </Line>
  );
}

function ImportLine({ one }: { one: ImportView }) {
  const { t } = useTranslation('presenters');
  const { id, name, state, step, progress, problem, warnings, result } = one;
  const moving = isMoving(one);
  const words = t(state === 'queued' ? 'imports.queued' : `imports.step.${step}`);
  return (
    <Line
      name={name}
      state={state}
      dismiss={t(moving ? 'imports.cancel' : 'imports.dismiss', { name })}
      onDismiss={() => void forgetImport(id)}
    >
      {moving && (
        <Bar
          label={`${words}: ${name}`}
          fraction={progress}
          words={state === 'queued' ? words : `${words} · ${Math.round(progress * 100)} %`}
        />
      )}
      {state === 'failed' && <Fault words={`${t('imports.failed')}${problem ? `: ${problem}` : ''}`} />}
      {warnings.map((warning) => (
        <p key={warning} className={classes.warning}>
          {warning}
        </p>
      ))}
      {state === 'done' && result && <Result name={name} result={result} />}
    </Line>
  );
}

/** What came of it, in words, and what to do with it next. */
function Result({ name, result }: { name: string; result: ImportResult }) {
  const { t, i18n } = useTranslation('presenters');
  const language = usePreferences((s) => s.language);
  const avatars = useStudio((s) => s.avatars?.avatars);
  const onStage = useStudio((s) => s.session?.avatar);
  if (result.kind === 'avatar') {
    const known = avatars?.find(({ id }) => id === result.avatar);
    const called = known ? presenterName(known, language) : result.avatar;
    return (
      <div className={classes.result}>
        <p role="status">
          {t('imports.avatarReady', {
            name: called,
            count: result.pictures,
            width: result.widthPx,
            height: result.heightPx,
          })}
        </p>
        {onStage !== result.avatar && (
          <Button size="compact-md" fz="sm" onClick={() => choosePresenter(result.avatar)}>
            {t('gallery.putOnStage')}
          </Button>
        )}
      </div>
    );
  }
  const number = new Intl.NumberFormat(i18n.language, { notation: 'compact', maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(i18n.language, { style: 'percent', maximumSignificantDigits: 2 });
  const { variant, faceSizePx, parameters, maxDifference } = result;
  const ready = [
    t(variant === 'onnx' ? 'imports.onnxReady' : 'imports.weightsReady', { name, variant, size: faceSizePx }),
    parameters === undefined ? '' : t('imports.parameters', { parameters: number.format(parameters) }),
    maxDifference === undefined ? '' : t('imports.selfCheck', { difference: percent.format(maxDifference) }),
  ];
  return (
    <div className={classes.result}>
      <p role="status">{ready.filter(Boolean).join(language === 'zh' ? '' : ' ')}</p>
      <Button size="compact-md" fz="sm" onClick={() => void chooseModel(result.model)}>
        {t('lips.use')}
      </Button>
    </div>
  );
}

function Bar({ label, fraction, words }: { label: string; fraction: number; words: string }) {
  return (
    <div className={classes.bar}>
      <Progress.Root size={6}>
        <Progress.Section value={fraction * 100} aria-label={label} />
      </Progress.Root>
      <span>{words}</span>
    </div>
  );
}

function Line(props: { name: string; state: string; dismiss: string; onDismiss(): void; children: ReactNode }) {
  return (
    <li className={classes.line} data-state={props.state} data-testid="import-line">
      <div className={classes.head}>
        {props.state === 'done' && <CircleCheck size={17} aria-hidden="true" />}
        <b>{props.name}</b>
        <Action icon={X} label={props.dismiss} onClick={props.onDismiss} />
      </div>
      {props.children}
    </li>
  );
}
