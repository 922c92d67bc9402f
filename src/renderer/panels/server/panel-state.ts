import { create } from 'zustand';

export const SERVER_TABS = ['overview', 'sessions', 'outputs', 'access', 'log', 'connect'] as const;
export type ServerTab = (typeof SERVER_TABS)[number];

/** All that the page needs before the panel is loaded. */
export const useServerPanel = create<{ open: boolean; tab: ServerTab }>(() => ({ open: false, tab: 'overview' }));

export const openServer = (tab?: ServerTab): void =>
  useServerPanel.setState({ open: true, ...(tab !== undefined && { tab }) });
export const closeServer = (): void => useServerPanel.setState({ open: false });
