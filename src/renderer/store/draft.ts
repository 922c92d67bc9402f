import { type Manner, usePreferences } from './preferences';
import { useStudio } from './studio';

/** The field at the foot of the conversation: it is in one place, and more than one thing leads to it. */
export const COMPOSER_ID = 'composer';

/** Opens the conversation and puts the cursor behind the last word. */
export function focusComposer(): void {
  useStudio.setState({ sideTab: 'chat' });
  // The panel may have to be shown first.
  requestAnimationFrame(() => {
    const field = document.getElementById(COMPOSER_ID);
    if (!(field instanceof HTMLTextAreaElement)) return;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  });
}

/** Takes what was said or asked before back into the field, to be changed and sent again. */
export function editAgain(manner: Manner, text: string): void {
  usePreferences.setState({ manner });
  useStudio.setState({ draft: text });
  focusComposer();
}
