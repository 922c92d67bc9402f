import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import type { IconName } from '../../components/icon';
import type { SideTab as Id } from '../../store/state';

export interface SideTab {
  id: Id;
  /** Key of the words of `common`. */
  label: `tab.${Id}`;
  icon: IconName;
  panel: LazyExoticComponent<ComponentType>;
}

/** What stands beside the stage. A panel is loaded when it is looked at for the first time. */
export const TABS: readonly SideTab[] = [
  { id: 'chat', label: 'tab.chat', icon: 'ask', panel: lazy(() => import('../chat/chat-panel')) },
  { id: 'script', label: 'tab.script', icon: 'captions', panel: lazy(() => import('../script/script-panel')) },
  { id: 'audio', label: 'tab.audio', icon: 'wave', panel: lazy(() => import('../audio/audio-panel')) },
];
