// What a viewer of an RTMP server gets, as files, and what is in them.
import { execFileSync, spawn } from 'node:child_process';
import { clicks, flashes, mediaFacts } from '../../testing/media-facts';

const PICTURE_MS = 40;

/** Pulls until the server ends the stream, or for so long; nothing is decoded. */
export function pull(url: string, seconds: number, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = ['-v', 'fatal', '-y', '-i', url, '-t', String(seconds), '-c', 'copy', file];
    const child = spawn('ffmpeg', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
}

export interface Pulled {
  /** What ffprobe says of both streams. */
  streams: string;
  pictures: number;
  seconds: number;
  /** Where a picture does not follow 40 ms after the other: when, seconds from the first, and how many are missing. */
  gaps: { atS: number; missing: number }[];
  rising: boolean;
  decodeErrors: number;
  keyframes: number;
  longestGopS: number;
  /** Sound less picture of every clap, ms. */
  offsetsMs: number[];
}

export async function inspect(file: string): Promise<Pulled> {
  const { video, audio } = await mediaFacts(file);
  const steps = video.times.slice(1).map((time, i) => (time - video.times[i]!) * 1_000);
  const rise = (times: number[]) => times.every((time, i) => i === 0 || time > times[i - 1]!);
  const heard = clicks(audio);
  return {
    streams: probe(file),
    pictures: video.times.length,
    seconds: video.endS - video.startS,
    gaps: steps.flatMap((ms, i) => {
      const missing = Math.round(ms / PICTURE_MS) - 1;
      return Math.round(ms) === PICTURE_MS ? [] : [{ atS: video.times[i]! - video.startS, missing }];
    }),
    rising: rise(video.times) && rise(audio.times),
    decodeErrors: video.decodeErrors + audio.decodeErrors,
    keyframes: video.keyframeTimes.length,
    longestGopS: Math.max(0, ...video.keyframeTimes.slice(1).map((time, i) => time - video.keyframeTimes[i]!)),
    offsetsMs: flashes(video)
      .map((flash) => nearest(heard, flash))
      .filter((ms) => Math.abs(ms) < 500),
  };
}

/** ms from `atS` to the nearest of them. */
function nearest(times: readonly number[], atS: number): number {
  const sorted = times.map((time) => (time - atS) * 1_000).sort((a, b) => Math.abs(a) - Math.abs(b));
  return sorted[0] ?? Number.NaN;
}

function probe(file: string): string {
  const entries = 'stream=codec_name,profile,width,height,r_frame_rate,sample_rate,channels';
  const args = ['-v', 'error', '-show_entries', entries, '-of', 'csv=p=0', file];
  return execFileSync('ffprobe', args).toString().trim().replace(/\n/g, '; ');
}
