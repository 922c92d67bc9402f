import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { takeDrop } from '../store/drop';
import { useStudio } from '../store/studio';
import { Icon } from './icon';

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

/** The whole page takes recordings and texts. Without this a dropped file would replace the page. */
export function DropOverlay() {
  const { t } = useTranslation('stage');
  const { t: ofAudio } = useTranslation('audio');
  const [over, setOver] = useState(false);
  const opens = useStudio((s) => s.sideTab === 'audio');

  useEffect(() => {
    // Entering a child leaves its parent: only the balance tells whether the pointer is still on the page.
    let depth = 0;
    const settle = (next: number) => {
      depth = Math.max(next, 0);
      setOver(depth > 0);
    };
    const enter = (e: DragEvent) => hasFiles(e) && settle(depth + 1);
    const leave = (e: DragEvent) => hasFiles(e) && settle(depth - 1);
    const hover = (e: DragEvent) => {
      if (hasFiles(e)) e.preventDefault();
    };
    const drop = (e: DragEvent) => {
      if (!hasFiles(e)) return;
      e.preventDefault();
      settle(0);
      void takeDrop([...(e.dataTransfer?.files ?? [])]);
    };
    addEventListener('dragenter', enter);
    addEventListener('dragleave', leave);
    addEventListener('dragover', hover);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragenter', enter);
      removeEventListener('dragleave', leave);
      removeEventListener('dragover', hover);
      removeEventListener('drop', drop);
    };
  }, []);

  return (
    <div className="drop-overlay" data-over={over} aria-hidden={!over}>
      <div>
        <Icon name="wave" size={40} />
        <strong>{opens ? ofAudio('audio.drop') : t('drop.title')}</strong>
        <p>{opens ? ofAudio('audio.dropHint') : t('drop.hint')}</p>
      </div>
    </div>
  );
}
