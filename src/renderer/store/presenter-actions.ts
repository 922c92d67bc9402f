import { ApiError } from '../rtc/http';
import { deleteAvatar } from '../rtc/studio-api';
import { said } from './library-actions';
import { usePreferences } from './preferences';
import { learnAvatars } from './studio-actions';

/** Deletes a presenter's folder. Resolves with why not, in the server's words; undefined where it is gone. */
export async function removePresenter(id: string): Promise<string | undefined> {
  try {
    await deleteAvatar(id);
  } catch (error) {
    // Somebody else was faster: it is gone all the same.
    if (!(error instanceof ApiError && error.status === 404)) return said(error);
  }
  // Who is gone cannot be wished for at the next start.
  if (usePreferences.getState().avatar === id) usePreferences.setState({ avatar: null });
  await learnAvatars();
  return undefined;
}
