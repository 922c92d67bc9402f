import { Button, FileButton } from '@mantine/core';
import { FileText } from 'lucide-react';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { importFile } from '../../store/script-actions';
import { SCRIPT_FILE_TYPES } from '../../store/script-files';

export function ImportButton({ compact = false }: { compact?: boolean }) {
  const { t } = useTranslation('script');
  const reset = useRef<() => void>(null);
  return (
    <FileButton
      accept={SCRIPT_FILE_TYPES}
      resetRef={reset}
      inputProps={{ 'data-testid': 'script-input', tabIndex: -1 } as object}
      onChange={(file) => {
        // Emptied, so that picking the same file again counts as a change.
        reset.current?.();
        if (file) void importFile(file);
      }}
    >
      {(props) => (
        <Button
          {...props}
          variant={compact ? 'subtle' : 'default'}
          color="gray"
          size={compact ? 'compact-sm' : 'sm'}
          leftSection={<FileText size={15} aria-hidden="true" />}
          title={t('script.importHint')}
        >
          {t('script.import')}
        </Button>
      )}
    </FileButton>
  );
}
