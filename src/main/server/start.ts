import { join } from 'node:path';
import type { Settings } from '../../shared/settings';
import { DecodeHost } from './audio/decode-host';
import { DEFAULT_PRESENTER, openActions, openAvatars } from './avatar/open';
import { PerformanceStills } from './avatar/performance-still';
import { AvatarRemoval } from './avatar/removal';
import { makeClipInProcess } from './clips/clip-host';
import { ClipLibrary } from './clips/library';
import { LiveSettings, type Sources } from './config/live';
import { VOICE_SETTINGS } from './config/live-names';
import type { Vault } from './config/settings-file';
import { loadOrCreateToken } from './config/token';
import { Draining } from './draining';
import { ExportLibrary } from './export/library';
import { localUrl } from './http/lan';
import { createHttpServer } from './http/server';
import { readTls } from './http/tls';
import { TokenBook } from './http/token-book';
import { openImports } from './imports/open';
import type { EndedJob } from './job-queue';
import { LiveChat } from './llm/chat-services';
import type { Log } from './log';
import { conditionOf } from './metrics/condition';
import { diagnosticsOf } from './metrics/diagnostics';
import { DiskWatch } from './metrics/disk-watch';
import { EventLoopWatch } from './metrics/event-loop';
import { healthReport } from './metrics/health';
import { keepLog } from './metrics/kept-log';
import { LatencyLedger } from './metrics/latency';
import { Load } from './metrics/load';
import { LogRing } from './metrics/log-ring';
import { ServerMetrics } from './metrics/prometheus';
import { createMouth } from './mouth/create';
import { facesOf } from './mouth/int8/faces';
import { MouthLibrary } from './mouth/library';
import { iceServersOf } from './outputs/webrtc/connection';
import { RecordingLibrary } from './recordings/library';
import { startPushing } from './session/push-mode';
import { SessionRegistry } from './session/registry';
import { rehearse } from './session/rehearse';
import { openCatalogue } from './tts/local/open-catalogue';
import { createTts } from './tts/registry';
import { SwitchableTts } from './tts/switchable';

export interface RunningServer {
  /** Where a browser on this machine finds the studio page. */
  url: string;
  host: string;
  port: number;
  /** What callers from outside must show. */
  token: string;
  /** Takes no new sessions and resolves when the ones that live are over, when `limitMs` is, or when `signal` aborts. */
  drain(limitMs: number, signal: AbortSignal): Promise<void>;
  /** Closes sessions, processes and sockets; resolves when nothing native is left. */
  close(): Promise<void>;
}

export interface StartOptions {
  log: Log;
  /** Absolute folder for the user's data. */
  dataDir: string;
  /** Puts a deleted recording into the system's trash, where there is one; without it deleting is for good. */
  trash?: (file: string) => Promise<void>;
  /** Where each setting came from: those of the command line and the environment cannot be changed while it runs. */
  sources?: Sources;
  /** Keeps the secrets of settings.json, where the system offers it. */
  vault?: Vault;
  /** An export or a clip has ended. */
  onJobEnded?(job: EndedJob): void;
}

/**
 * The composition root: the one place that knows every part. Both shells (Electron and `npm run serve`) call it.
 * @throws what keeps the server from listening, e.g. EADDRINUSE; everything opened until then is closed again.
 */
export async function startServer(given: Settings, options: StartOptions): Promise<RunningServer> {
  const { log, dataDir, trash, sources, vault, onJobEnded } = options;
  const live = new LiveSettings({ settings: given, dataDir, ...(sources && { sources }), ...(vault && { vault }) });
  const settings = live.current;
  const startedAtMs = Date.now();
  const chat = new LiveChat(live, log.child({ scope: 'chat' }));
  const latency = new LatencyLedger();
  const { tls_cert: certFile, tls_key: keyFile } = settings;
  const tls = readTls({ ...(certFile && { certFile }), ...(keyFile && { keyFile }) });
  if (tls?.warning) log.warn(tls.warning);
  const token = settings.token ?? loadOrCreateToken(dataDir);
  const mustExist = settings.tokens !== undefined;
  const tokens = new TokenBook(token, settings.tokens ?? join(dataDir, 'tokens.json'), { mustExist });
  const secrets = Object.values(tokens.links);
  const recent = new LogRing();
  const kept = keepLog(log, settings, { dataDir, secrets, recent });
  const defaultAvatar = settings.avatar_id ?? DEFAULT_PRESENTER;
  const avatars = openAvatars(settings, dataDir, ({ kind, message }) =>
    log.child({ scope: 'avatar' })[kind === 'failed' ? 'error' : 'info'](message),
  );
  const decoder = new DecodeHost();
  const stageLog = log.child({ scope: 'performance' });
  const actions = await openActions(settings, dataDir, (kind, message) =>
    stageLog[kind === 'failed' ? 'error' : 'info'](message),
  );
  const known = actions.all.map(({ audiotype, name }) => `${audiotype} (${name})`);
  if (known.length > 0) stageLog.info(`performances: ${known.join(', ')}`);
  const voices = { voicesDir: join(dataDir, 'voices'), log: log.child({ scope: 'voice' }) };
  const tts = new SwitchableTts(createTts(settings, voices));
  const renewVoice = () => tts.change(createTts(settings, voices));
  live.follow({ names: VOICE_SETTINGS, apply: renewVoice });
  const catalogue = openCatalogue(settings, dataDir, { onChange: renewVoice, log: voices.log });
  live.follow({ names: ['log_level'], apply: () => (log.level = settings.log_level) });
  const stopping = new AbortController();
  const { mouth, chooser } = createMouth({
    settings,
    dataDir,
    log: log.child({ scope: 'mouth' }),
    signal: stopping.signal,
    avatarFaces: (count) => facesOf(avatars.open(defaultAvatar), count),
    onEvent: ({ kind, message }) => {
      if (kind === 'restarted' || kind === 'failed' || kind === 'refused') sessions.tell('mouth', message);
    },
  });
  live.follow({
    names: ['model'],
    check: ({ model }) => chooser.check(model),
    apply: () => void chooser.use(settings.model),
  });
  const recordings = new RecordingLibrary({
    dir: join(dataDir, 'recordings'),
    minFreeBytes: settings.record_min_free_mb * 1e6,
    get maxDurationMs() {
      return settings.record_max_minutes * 60_000;
    },
    log: log.child({ scope: 'record' }),
    ...(trash && { trash }),
  });
  const clips = new ClipLibrary({
    dir: join(dataDir, 'clips'),
    settings,
    dataDir,
    log: log.child({ scope: 'clips' }),
    ...(onJobEnded && { onEnded: onJobEnded }),
    make: makeClipInProcess,
  });
  const exports = new ExportLibrary({
    dir: join(dataDir, 'exports'),
    ffmpegPath: settings.ffmpeg_path,
    recordings,
    clips,
    openAvatar: (id) => avatars.open(id),
    log: log.child({ scope: 'export' }),
    ...(onJobEnded && { onEnded: onJobEnded }),
  });
  const imports = openImports(settings, dataDir, {
    avatars,
    log: log.child({ scope: 'imports' }),
    // Start scripts name a model that is not there before somebody brings it.
    onWeights: (name) => void (name === settings.model && chooser.use(name)),
  });
  const models = new MouthLibrary({
    modelsDir: join(dataDir, 'models'),
    ...(settings.models && { otherDir: settings.models }),
    serving: () => chooser.serving,
    chosen: () => settings.model,
  });
  const removal = new AvatarRemoval({
    avatars,
    avatarsDir: join(dataDir, 'avatars'),
    defaultAvatar,
    neededBy: (id) => (clips.needs(id) ? 'a clip of it is being made' : undefined),
    ...(trash && { trash }),
  });
  const sessions = new SessionRegistry(
    {
      get maxSessions() {
        return settings.max_session;
      },
      defaultAvatar,
      iceServers: iceServersOf(settings),
    },
    {
      tts,
      chat,
      get chatOverlap() {
        return settings.chat_overlap;
      },
      performanceOverlap: settings.performance_overlap,
      latency,
      mouth,
      openAudio: (bytes, options) => decoder.open(bytes, { maxMinutes: settings.max_audio_minutes, ...options }),
      log: log.child({ scope: 'session' }),
      videoBitrateBps: settings.video_bitrate_kbps * 1_000,
      recordings,
      iceServers: iceServersOf(settings),
    },
    avatars,
    actions,
  );
  const draining = new Draining();
  const loop = new EventLoopWatch();
  const disk = new DiskWatch(dataDir);
  const engines = () => tts.status?.() ?? [];
  const condition = () =>
    conditionOf({
      mouth: mouth.status(),
      voices: engines(),
      loop: loop.delay,
      minFreeBytes: settings.record_min_free_mb * 1e6,
      draining: draining.on,
      ...(disk.freeBytes !== undefined && { freeBytes: disk.freeBytes }),
    });
  const metrics = new ServerMetrics({ sessions, loop, voices: engines, condition, mouth: () => mouth.status() });
  const load = new Load({ loop, totals: () => metrics.totals() });
  const health = () => ({
    ...condition(),
    ...healthReport({ startedAtMs, mouth, tts, chat, latency, sessions, avatars }),
    load: load.read(),
  });
  const http = await createHttpServer({
    settings,
    live,
    sessions: draining.gate(sessions),
    metrics,
    diagnostics: () => diagnosticsOf({ settings, secrets, health, recent }),
    recent,
    tts,
    catalogue,
    chat,
    recordings,
    clips,
    exports,
    imports,
    models: { library: models, mouth },
    avatars: { avatars, defaultAvatar, stills: new PerformanceStills(avatars, actions), removal },
    health,
    log,
    token: tokens,
    ...(tls && { tls }),
  });

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      stopping.abort();
      await sessions.closeAll();
      await Promise.allSettled([http.close(), tts.close(), mouth.close(), decoder.close(), recordings.close()]);
      await Promise.allSettled([clips.close(), exports.close(), imports.close(), catalogue.downloads.close()]);
      await Promise.allSettled([avatars.close(), actions.close()]);
      for (const part of [metrics, loop, disk, kept]) part.close();
    })();
    return closing;
  };

  try {
    // The first viewer should find its presenter decoded, not wait for it.
    const warm = await avatars.open(defaultAvatar);
    await warm.picture(0);
    warm.release();
    await recordings.open();
    await Promise.all([clips.open(), exports.open(), imports.open()]);
    await http.listen({ host: settings.host, port: settings.listenport });
  } catch (error) {
    await close();
    throw error;
  }
  await startPushing(settings, (id) => sessions.launch(id), log.child({ scope: 'push' }));
  rehearse(mouth.windowStartMs, stopping.signal).catch((error: unknown) => {
    if (!closing) log.warn(`the rehearsal failed: ${error instanceof Error ? error.message : error}`);
  });
  log.info(`token for callers from outside: ${token}`);
  const address = http.server.address();
  const port = typeof address === 'object' && address ? address.port : settings.listenport;
  return {
    url: localUrl({ host: settings.host, port, tls: tls !== undefined }),
    host: settings.host,
    port,
    token,
    drain: (limitMs, signal) => draining.wait(sessions, limitMs, signal),
    close,
  };
}
