import { ApiError } from '../rtc/http';
import { listAvatars, record, sessionInfo } from '../rtc/studio-api';
import { tapeEnded, tapeEnding, tapeFailed, tapeStarted, tapeWanted } from './stagecraft';
import { apply, useStudio } from './studio';

/** What the session can do, and who appears in it. Asked quietly: without it a menu is shorter, nothing more. */
export async function learnSession(sessionId: number): Promise<void> {
  const session = await sessionInfo(sessionId).catch(() => null);
  // A late answer must not be shown as the next session's.
  if (session && useStudio.getState().connection.sessionId === sessionId) useStudio.setState({ session });
}

export async function learnAvatars(): Promise<void> {
  const avatars = await listAvatars().catch(() => null);
  if (avatars) useStudio.setState({ avatars });
}

/** Begins or ends the recording. What goes wrong is told beside the button. */
export async function toggleRecording(): Promise<void> {
  const { connection, taping } = useStudio.getState();
  const id = connection.sessionId;
  if (id === null || (taping && taping.state !== 'on')) return;
  apply(taping ? tapeEnding : tapeWanted);
  try {
    await record(id, taping ? 'end_record' : 'start_record');
    if (taping) apply(tapeEnded);
    else apply(tapeStarted, performance.now());
  } catch (error) {
    if (useStudio.getState().connection.sessionId !== id) return;
    const said = error instanceof ApiError || error instanceof Error ? error.message : '';
    apply(tapeFailed, said);
  }
}
