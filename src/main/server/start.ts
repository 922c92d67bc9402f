import { join } from 'node:path';
import type { Settings } from '../../shared/settings';
import { openAudio } from './audio/decode';
import { DEFAULT_PRESENTER, openActions, openAvatars } from './avatar/open';
import { makeClipInProcess } from './clips/clip-host';
import { ClipLibrary } from './clips/library';
import { loadOrCreateToken } from './config/token';
import { ExportLibrary } from './export/library';
import { createHttpServer } from './http/server';
import { createLlm } from './llm/create';
import { Conversation } from './llm/history';
import { loadRules } from './llm/rules';
import type { Log } from './log';
import { healthReport } from './metrics/health';
import { LatencyLedger } from './metrics/latency';
import { createMouth } from './mouth/create';
import { facesOf } from './mouth/int8/faces';
import type { IceServer } from './outputs/webrtc/peer';
import { RecordingLibrary } from './recordings/library';
import type { ChatServices } from './session/dialogue';
import { SessionRegistry } from './session/registry';
import { rehearse } from './session/rehearse';
import { createTts } from './tts/registry';

export interface RunningServer {
  /** Where a browser on this machine finds the studio page. */
  url: string;
  host: string;
  port: number;
  /** What callers from outside must show. */
  token: string;
  /** Closes sessions, processes and sockets; resolves when nothing native is left. */
  close(): Promise<void>;
}

export interface StartOptions {
  log: Log;
  /** Absolute folder for the user's data. */
  dataDir: string;
  /** Puts a deleted recording into the system's trash, where there is one; without it deleting is for good. */
  trash?: (file: string) => Promise<void>;
}

/**
 * The composition root: the one place that knows every part. Both shells (Electron and `npm run serve`) call it.
 * @throws what keeps the server from listening, e.g. EADDRINUSE; everything opened until then is closed again.
 */
export async function startServer(settings: Settings, { log, dataDir, trash }: StartOptions): Promise<RunningServer> {
  const startedAtMs = Date.now();
  const chat = chatServices(settings, log.child({ scope: 'chat' }));
  const latency = new LatencyLedger();
  const token = settings.token ?? loadOrCreateToken(dataDir);
  const defaultAvatar = settings.avatar_id ?? DEFAULT_PRESENTER;
  const avatars = openAvatars(settings, dataDir, ({ kind, message }) =>
    log.child({ scope: 'avatar' })[kind === 'failed' ? 'error' : 'info'](message),
  );
  const stageLog = log.child({ scope: 'performance' });
  const actions = await openActions(settings, dataDir, (kind, message) =>
    stageLog[kind === 'failed' ? 'error' : 'info'](message),
  );
  const known = actions.all.map(({ audiotype, name }) => `${audiotype} (${name})`);
  if (known.length > 0) stageLog.info(`performances: ${known.join(', ')}`);
  const tts = createTts(settings, { voicesDir: join(dataDir, 'voices'), log: log.child({ scope: 'voice' }) });
  const stopping = new AbortController();
  const mouth = createMouth({
    settings,
    dataDir,
    log: log.child({ scope: 'mouth' }),
    signal: stopping.signal,
    avatarFaces: (count) => facesOf(avatars.open(defaultAvatar), count),
    onEvent: ({ kind, message }) => {
      if (kind === 'restarted' || kind === 'failed') sessions.tell('mouth', message);
    },
  });
  const recordings = new RecordingLibrary({
    dir: join(dataDir, 'recordings'),
    minFreeBytes: settings.record_min_free_mb * 1e6,
    maxDurationMs: settings.record_max_minutes * 60_000,
    log: log.child({ scope: 'record' }),
    ...(trash && { trash }),
  });
  const clips = new ClipLibrary({
    dir: join(dataDir, 'clips'),
    settings,
    dataDir,
    log: log.child({ scope: 'clips' }),
    make: makeClipInProcess,
  });
  const exports = new ExportLibrary({
    dir: join(dataDir, 'exports'),
    ffmpegPath: settings.ffmpeg_path,
    recordings,
    clips,
    openAvatar: (id) => avatars.open(id),
    log: log.child({ scope: 'export' }),
  });
  const sessions = new SessionRegistry(
    {
      maxSessions: settings.max_session,
      defaultAvatar,
      iceServers: iceServers(settings),
    },
    {
      tts,
      chat,
      chatOverlap: settings.chat_overlap,
      performanceOverlap: settings.performance_overlap,
      latency,
      mouth,
      openAudio: (bytes, options) => openAudio(bytes, { maxMinutes: settings.max_audio_minutes, ...options }),
      log: log.child({ scope: 'session' }),
      videoBitrateBps: settings.video_bitrate_kbps * 1_000,
      recordings,
    },
    avatars,
    actions,
  );
  const http = await createHttpServer({
    settings,
    sessions,
    tts,
    chat,
    recordings,
    clips,
    exports,
    avatars: { avatars, defaultAvatar },
    health: () => healthReport({ startedAtMs, mouth, tts, chat, latency, sessions, avatars }),
    log,
    token,
  });

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      stopping.abort();
      await sessions.closeAll();
      await Promise.allSettled([http.close(), tts.close(), mouth.close(), recordings.close()]);
      await Promise.allSettled([clips.close(), exports.close()]);
      await Promise.allSettled([avatars.close(), actions.close()]);
    })();
    return closing;
  };

  try {
    // The first viewer should find its presenter decoded, not wait for it.
    const warm = await avatars.open(defaultAvatar);
    await warm.picture(0);
    warm.release();
    await recordings.open();
    await Promise.all([clips.open(), exports.open()]);
    await http.listen({ host: settings.host, port: settings.listenport });
  } catch (error) {
    await close();
    throw error;
  }
  rehearse(mouth.windowStartMs, stopping.signal).catch((error: unknown) => {
    if (!closing) log.warn(`the rehearsal failed: ${error instanceof Error ? error.message : error}`);
  });
  log.info(`token for callers from outside: ${token}`);
  const address = http.server.address();
  const port = typeof address === 'object' && address ? address.port : settings.listenport;
  return { url: `http://${localHost(settings.host)}:${port}`, host: settings.host, port, token, close };
}

/** @throws when the rules file cannot be used, naming every problem in it. */
function chatServices(settings: Settings, log: Log): ChatServices {
  const made = createLlm(settings);
  if ('llm' in made) log.info(`questions are answered by ${made.llm.name}`);
  const { rules, llm_system_prompt: systemPrompt, llm_history_tokens: historyTokens } = settings;
  return {
    ...made,
    rules: rules === undefined ? [] : loadRules(rules),
    tools: settings.llm_tools,
    onSlowRule: ({ pattern }) => log.warn(`the rule with pattern ${pattern} takes too long and was passed over`),
    newConversation: () => new Conversation({ historyTokens, ...(systemPrompt !== undefined && { systemPrompt }) }),
  };
}

/** The address at which this machine reaches a server that listens on `host`. */
function localHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function iceServers({ stun, turn, turn_username, turn_password }: Settings): IceServer[] {
  return [
    ...stun.map((urls) => ({ urls })),
    ...turn.map((urls) => ({ urls, username: turn_username, credential: turn_password })),
  ];
}
