import type { MantineColorSchemeManager } from '@mantine/core';
import { usePreferences } from '../store/preferences';

/** Mantine's colour scheme is the theme of the preferences: one place remembers it. */
export function preferredScheme(): MantineColorSchemeManager {
  let off: (() => void) | undefined;
  return {
    get: () => usePreferences.getState().theme,
    set: (theme) => usePreferences.setState({ theme }),
    subscribe: (onUpdate) => {
      off = usePreferences.subscribe(({ theme }, before) => theme !== before.theme && onUpdate(theme));
    },
    unsubscribe: () => off?.(),
    clear: () => usePreferences.setState({ theme: 'auto' }),
  };
}
