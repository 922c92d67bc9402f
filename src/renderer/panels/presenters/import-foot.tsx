import { Button } from '@mantine/core';
import { FileArchive, FolderOpen, Upload } from 'lucide-react';
import { type InputHTMLAttributes, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ImportKind } from '../../../shared/library-protocol';
import { importFiles } from '../../store/import-actions';
import { filesOfInput } from '../../store/import-files';
import { useImports } from '../../store/imports';
import { Fault } from '../library/media-parts';
import classes from './cast.module.css';

/** The way in: a folder or a zip for a presenter, a file of weights for lips. */
export function ImportFoot({ kind }: { kind: ImportKind }) {
  const { t } = useTranslation('presenters');
  const problem = useImports((s) => (s.refused?.kind === kind ? s.refused.problem : null));
  return (
    <div className={classes.foot}>
      <p>{t(`imports.hint.${kind}`)}</p>
      <div className={classes.buttons}>
        {kind === 'avatar' ? (
          <>
            <Chooser
              kind={kind}
              label={t('imports.folder')}
              icon={<FolderOpen size={17} aria-hidden="true" />}
              // React knows the attribute by no type of its own.
              input={{ webkitdirectory: '' } as InputHTMLAttributes<HTMLInputElement>}
            />
            <Chooser
              kind={kind}
              label={t('imports.zip')}
              icon={<FileArchive size={17} aria-hidden="true" />}
              input={{ accept: '.zip,application/zip' }}
            />
          </>
        ) : (
          <Chooser
            kind={kind}
            label={t('imports.weights')}
            icon={<Upload size={17} aria-hidden="true" />}
            input={{ accept: '.pth,.pt,.onnx' }}
          />
        )}
      </div>
      <Fault words={problem === null ? undefined : t(`imports.refused.${problem}`)} />
    </div>
  );
}

function Chooser(props: {
  kind: ImportKind;
  label: string;
  icon: React.ReactNode;
  input: InputHTMLAttributes<HTMLInputElement>;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button variant="default" leftSection={props.icon} onClick={() => input.current?.click()}>
        {props.label}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={props.label}
        {...props.input}
        onChange={(event) => {
          importFiles(filesOfInput(event.currentTarget.files), props.kind);
          // The same choice once more is a choice, too.
          event.currentTarget.value = '';
        }}
      />
    </>
  );
}
