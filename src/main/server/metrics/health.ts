import os from 'node:os';
import { alsoTold } from '../../../shared/told';
import type { AvatarLibrary } from '../avatar/library';
import type { Mouth } from '../mouth/mouth';
import { toldStatus } from '../mouth/told-status';
import type { ChatServices } from '../session/dialogue';
import type { SessionRegistry } from '../session/registry';
import type { Tts } from '../tts/tts';
import { version } from '../version';
import type { LatencyLedger } from './latency';
import { counts } from './native';

export interface HealthParts {
  startedAtMs: number;
  mouth: Mouth;
  tts: Tts;
  chat: ChatServices;
  latency: LatencyLedger;
  sessions: SessionRegistry;
  avatars: AvatarLibrary;
}

/** What /api/health says: versions, the engines in use and their figures, what native objects are alive. */
export function healthReport(parts: HealthParts): Record<string, unknown> {
  const { startedAtMs, mouth, tts, chat, latency, sessions, avatars } = parts;
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  return {
    version,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    uptimeS: Math.round((Date.now() - startedAtMs) / 1_000),
    encoders: { video: ['h264 (libx264)', 'vp8 (libvpx)'], audio: ['opus (libopus)'] },
    voice: { engine: tts.name, engines: tts.status?.() ?? [] },
    chat: {
      model: chat.llm?.name ?? null,
      ...(chat.problem && { problem: chat.problem, ...alsoTold(chat.problem) }),
      rules: chat.rules.length,
    },
    latencyMs: latency.summary(),
    mouth: toldStatus(mouth.status()),
    sessions: sessions.list().length,
    sessionFigures: sessions.figures(),
    native: counts(),
    memory: { rssBytes: memory.rss, heapBytes: memory.heapUsed, decodedPictureBytes: avatars.pictureBytes },
    cpu: { userMs: cpu.user / 1_000, systemMs: cpu.system / 1_000, cores: os.cpus().length },
  };
}
