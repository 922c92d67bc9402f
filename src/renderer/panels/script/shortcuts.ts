/** Keys that mean something to the script wherever no text field has the focus; shown where all keys are listed. */
export const SCRIPT_SHORTCUTS = [
  { keys: 'N', label: 'script.keyNext' },
  { keys: 'R', label: 'script.keyRepeat' },
] as const;
