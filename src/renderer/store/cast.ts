import { create } from 'zustand';

export const CAST_TABS = ['presenters', 'lips', 'voices'] as const;
export type CastTab = (typeof CAST_TABS)[number];

/** The panel of presenters and voices: who can appear, how mouths move, and who can speak. */
export const useCast = create<{ open: boolean; tab: CastTab }>(() => ({ open: false, tab: 'presenters' }));

export const openCast = (tab: CastTab): void => useCast.setState({ open: true, tab });
export const closeCast = (): void => useCast.setState({ open: false });
