import { type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from './icon-button';

/** A drawer over the page; at the foot of a narrow screen. The browser keeps the focus inside and gives it back. */
export function Sheet(props: {
  title: string;
  closeLabel: string;
  actions?: ReactNode;
  children: ReactNode;
  onClose(): void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => dialog.current?.close();
  return (
    <dialog
      ref={dialog}
      className="sheet"
      aria-labelledby={id}
      onClose={(e) => e.target === e.currentTarget && props.onClose()}
      onClick={(e) => e.target === e.currentTarget && close()}
      onKeyDown={(e) => {
        if (e.key !== 'Escape' || e.defaultPrevented) return;
        // Here it closes the sheet; the presenter speaks on.
        e.preventDefault();
        e.stopPropagation();
        close();
      }}
    >
      <div className="sheet-body">
        <header>
          <h2 id={id}>{props.title}</h2>
          {props.actions}
          <IconButton icon="close" label={props.closeLabel} onClick={close} />
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
