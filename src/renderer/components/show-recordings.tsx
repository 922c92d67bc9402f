import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { openLibrary } from '../store/library-actions';

/** Leads from a message to the recordings that it speaks of. */
export function ShowRecordings({ words, onDone }: { words: string; onDone(): void }) {
  const { t } = useTranslation('library');
  return (
    <>
      {words && <p>{words}</p>}
      <Button
        size="compact-sm"
        variant="light"
        mt={6}
        onClick={() => {
          onDone();
          openLibrary();
        }}
      >
        {t('library.show')}
      </Button>
    </>
  );
}
