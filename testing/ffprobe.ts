import { execFileSync } from 'node:child_process';

export interface ProbedStream {
  /** As `ffprobe` prints it: `25/1`. */
  averageRate: string;
  startS: number;
  durationS: number;
  packets: number;
}

/** What the `ffprobe` of this machine says about a recording, every packet of it read; undefined where there is none. */
export function ffprobe(file: string): { video: ProbedStream; audio: ProbedStream } | undefined {
  try {
    execFileSync('ffprobe', ['-version'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const entries = 'stream=codec_type,avg_frame_rate,start_time,duration,nb_read_packets';
  const args = ['-v', 'error', '-count_packets', '-show_entries', entries, '-of', 'json', file];
  const { streams } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as {
    streams: Record<string, string>[];
  };
  const stream = (kind: string): ProbedStream => {
    const found = streams.find(({ codec_type }) => codec_type === kind);
    if (!found) throw new Error(`ffprobe sees no ${kind} in ${file}`);
    return {
      averageRate: found.avg_frame_rate!,
      startS: Number(found.start_time),
      durationS: Number(found.duration),
      packets: Number(found.nb_read_packets),
    };
  };
  return { video: stream('video'), audio: stream('audio') };
}
