import type { StudioState, Toast } from './state';

/** Messages above the page. Pure functions from state to the part that changes: the store applies them, tests call them. */
type Patch = Partial<StudioState>;

export const MAX_TOASTS = 4;

/** The same message twice is one message. */
export function addToast(state: StudioState, toast: Toast): Patch {
  const others = state.toasts.filter((t) => t.title !== toast.title || t.detailText !== toast.detailText);
  return { toasts: [...others, toast].slice(-MAX_TOASTS) };
}

export function dropToast(state: StudioState, id: number): Patch {
  return { toasts: state.toasts.filter((t) => t.id !== id) };
}
