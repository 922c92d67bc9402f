import os from 'node:os';
import type { AvatarLibrary } from '../avatar/library';
import type { Mouth } from '../mouth/mouth';
import type { SessionRegistry } from '../session/registry';
import type { Tts } from '../tts/tts';
import { version } from '../version';
import { counts } from './native';

export interface HealthParts {
  startedAtMs: number;
  mouth: Mouth;
  tts: Tts;
  sessions: SessionRegistry;
  avatars: AvatarLibrary;
}

/** What /api/health says: versions, the engines in use and their figures, what native objects are alive. */
export function healthReport({ startedAtMs, mouth, tts, sessions, avatars }: HealthParts): Record<string, unknown> {
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  return {
    version,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    uptimeS: Math.round((Date.now() - startedAtMs) / 1_000),
    encoders: { video: ['h264 (libx264)', 'vp8 (libvpx)'], audio: ['opus (libopus)'] },
    voice: { engine: tts.name },
    mouth: mouth.status(),
    sessions: sessions.list().length,
    sessionFigures: sessions.figures(),
    native: counts(),
    memory: { rssBytes: memory.rss, heapBytes: memory.heapUsed, decodedPictureBytes: avatars.pictureBytes },
    cpu: { userMs: cpu.user / 1_000, systemMs: cpu.system / 1_000, cores: os.cpus().length },
  };
}
