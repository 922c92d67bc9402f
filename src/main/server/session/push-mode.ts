import { isPushMode, type Settings } from '../../../shared/settings';
import type { Log } from '../log';
import type { PushKind } from '../outputs/push';
import type { SessionHandle } from './api';

/** The peers' default: SRS on this machine. */
const LOCAL_SRS = 'http://localhost:1985/rtc/v1/whip/?app=live&stream=livestream';

/** As the peers name them: the address itself, then the same with the session's number right behind it. */
export const pushUrlOf = (pushUrl: string, id: number): string => (id === 0 ? pushUrl : `${pushUrl}${id}`);

/**
 * The push modes: sessions 0 to max_session - 1 begin with the server, each sent to an address of its own. A destination that
 * cannot be reached, or not be used, is told and keeps nobody from starting.
 * @param launch starts the session with this id
 */
export async function startPushing(
  settings: Pick<Settings, 'transport' | 'push_url' | 'max_session'>,
  launch: (id: number) => Promise<SessionHandle>,
  log: Log,
): Promise<void> {
  if (!isPushMode(settings)) return;
  const { transport, push_url: pushUrl = LOCAL_SRS, max_session: count } = settings;
  const kind: PushKind = transport === 'rtmp' ? 'rtmp' : 'whip';
  for (let id = 0; id < count; id++) {
    try {
      const session = await launch(id);
      await session.outputs.add({ kind, url: pushUrlOf(pushUrl, id) });
    } catch (error) {
      log.error(`session ${id} is not sent anywhere: ${error instanceof Error ? error.message : error}`);
    }
  }
}
