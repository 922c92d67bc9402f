import { Modal } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../components/icon-button';
import { useStudio } from '../../store/studio';

const ModelForm = lazy(() => import('./model-form'));

/** Who answers questions, and how: the model and the persona, in reach of the question. */
export function ModelPicker() {
  const { t } = useTranslation(['chat', 'common']);
  return <IconButton icon="tune" label={t('model.button')} onClick={() => useStudio.setState({ modelOpen: true })} />;
}

/** Opened by the button above, and by a line that says that no model answers. */
export function ModelDialog() {
  const { t } = useTranslation(['chat', 'common']);
  const open = useStudio((s) => s.modelOpen);
  return (
    <Modal
      opened={open}
      onClose={() => useStudio.setState({ modelOpen: false })}
      title={t('model.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
      centered
      radius={14}
    >
      <Suspense fallback={null}>{open && <ModelForm />}</Suspense>
    </Modal>
  );
}
