import { Center, Loader } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** Stands where a list will be. */
export function Waiting() {
  const { t } = useTranslation('presenters');
  return (
    <Center flex={1} p="xl" role="status" aria-label={t('cast.loading')}>
      <Loader size="sm" />
    </Center>
  );
}
