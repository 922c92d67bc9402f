import { flushSync } from 'react-dom';
import { type Manner, usePreferences } from './preferences';
import { useStudio } from './studio';

/** The field at the foot of the conversation: it is in one place, and more than one thing leads to it. */
export const COMPOSER_ID = 'composer';

/** Opens the conversation and puts the cursor behind the last word, before the next key is pressed. */
export function focusComposer(): void {
  flushSync(() => useStudio.setState({ sideTab: 'chat' }));
  // The panel may still have to be loaded.
  if (!focusField()) requestAnimationFrame(focusField);
}

function focusField(): boolean {
  const field = document.getElementById(COMPOSER_ID);
  if (!(field instanceof HTMLTextAreaElement)) return false;
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  return document.activeElement === field;
}

/** Takes what was said or asked before back into the field, to be changed and sent again. */
export function editAgain(manner: Manner, text: string): void {
  usePreferences.setState({ manner });
  useStudio.setState({ draft: text });
  focusComposer();
}
