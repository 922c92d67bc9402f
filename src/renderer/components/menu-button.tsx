import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';

/**
 * A button with a menu of its own (the menu button pattern of WAI-ARIA): arrows move, Esc closes and goes back to the button.
 * Items are buttons of `role="menuitem…"` inside `children`.
 */
export function MenuButton(props: {
  className: string;
  /** Read out, and shown as a tooltip. */
  label: string;
  menuLabel: string;
  menuClassName: string;
  disabled?: boolean;
  button: ReactNode;
  onOpen?: () => void;
  children: (close: () => void) => ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => {
    if (!open) return;
    const items = itemsOf(menu.current);
    (items.find((item) => item.ariaChecked === 'true') ?? items[0] ?? menu.current)?.focus();
    const outside = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener('pointerdown', outside);
    addEventListener('focusin', outside);
    return () => {
      removeEventListener('pointerdown', outside);
      removeEventListener('focusin', outside);
    };
  }, [open]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const show = () => {
    props.onOpen?.();
    setOpen(true);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      // Here it closes the menu; the presenter speaks on.
      event.preventDefault();
      event.stopPropagation();
      close();
      return;
    }
    const items = itemsOf(menu.current);
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[(to + items.length) % items.length]?.focus();
  };

  return (
    <div className="menu-box" ref={box}>
      <button
        ref={button}
        type="button"
        className={props.className}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={props.label}
        title={props.label}
        disabled={props.disabled}
        onClick={() => (open ? close() : show())}
        onKeyDown={(event) => {
          if (open || event.key !== 'ArrowDown') return;
          event.preventDefault();
          show();
        }}
      >
        {props.button}
      </button>
      {open && (
        <div
          ref={menu}
          id={id}
          role="menu"
          tabIndex={-1}
          className={`menu ${props.menuClassName}`}
          aria-label={props.menuLabel}
          onKeyDown={onKey}
        >
          {props.children(close)}
        </div>
      )}
    </div>
  );
}

const itemsOf = (menu: HTMLElement | null): HTMLElement[] => [
  ...(menu?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? []),
];
