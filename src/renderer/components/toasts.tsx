import { useTranslate } from '../i18n/use-translate';
import { openLibrary } from '../store/library-actions';
import { apply, useStudio } from '../store/studio';
import { dropToast } from '../store/toast-reducers';
import { Icon } from './icon';
import { IconButton } from './icon-button';

/** What went wrong and what to do next. Announced at once; gone by itself or by its button. */
export function Toasts() {
  const t = useTranslate();
  const toasts = useStudio((s) => s.toasts);
  return (
    <section className="toasts" aria-label={t('toast.label')} aria-live="assertive">
      {toasts.map((toast) => (
        <div key={toast.id} className="toast" data-tone={toast.tone}>
          <span className="toast-mark">
            <Icon name={toast.recordings ? 'film' : 'alert'} />
          </span>
          <div className="toast-words">
            <strong>{t(toast.title, toast.values)}</strong>
            {toast.detail && <p>{t(toast.detail, toast.detailValues)}</p>}
            {toast.detailText && <p>{toast.detailText}</p>}
            {toast.recordings && (
              <button
                type="button"
                className="toast-action"
                onClick={() => {
                  apply(dropToast, toast.id);
                  openLibrary();
                }}
              >
                {t('library.show')}
              </button>
            )}
          </div>
          <IconButton small icon="close" label={t('action.dismiss')} onClick={() => apply(dropToast, toast.id)} />
        </div>
      ))}
    </section>
  );
}
