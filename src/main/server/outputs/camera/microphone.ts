import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SAMPLE_RATE_HZ } from '../../../../shared/units';
import { untilEnded } from '../../child';
import { HeraldError } from '../../errors';
import { track, trackProcess } from '../../metrics/native';

const ANSWER_MS = 2_000;
const GOODBYE_MS = 300;
const LATENCY_MS = 60;
/** What waits for a player that falls behind; beyond it sound is dropped and counted. */
const MOST_WAITING_MS = 200;
const BYTES_PER_SAMPLE = Float32Array.BYTES_PER_ELEMENT;
const MOST_WAITING_BYTES = (MOST_WAITING_MS / 1_000) * SAMPLE_RATE_HZ * BYTES_PER_SAMPLE;

/**
 * A microphone that other programs can choose, at PulseAudio or PipeWire's stand-in for it: a sink that plays to nobody, a source
 * that is what this sink plays (browsers do not offer the sink's own monitor), and a player that is fed with the session's sound.
 * Sinks and sources that are there already, left behind by a server that was killed, are used and left.
 */
export class Microphone {
  droppedSounds = 0;
  private readonly untrack = track('microphone');
  private player: ChildProcess | undefined;
  private ended: Promise<string> | undefined;
  /** Newest last. */
  private readonly modules: string[] = [];
  private closing: Promise<void> | undefined;

  /**
   * @param camera what tells microphones apart, 'video10'
   * @param onLost the player ended; `reason` is for people
   * @throws HeraldError 'refused' with what is missing; the signal's reason when aborted
   */
  static async open(camera: string, onLost: (reason: string) => void, signal: AbortSignal): Promise<Microphone> {
    const microphone = new Microphone();
    try {
      await microphone.begin(camera, onLost, signal);
      return microphone;
    } catch (error) {
      await microphone.close();
      throw error;
    }
  }

  /** Copies what it is given. Never waits. */
  sound(samples: Float32Array): void {
    const stdin = this.player?.stdin;
    if (this.closing || !stdin?.writable) return;
    if (stdin.writableLength + samples.byteLength > MOST_WAITING_BYTES) this.droppedSounds++;
    else stdin.write(Buffer.from(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)));
  }

  /** Unloads what it loaded. Never throws. */
  close(): Promise<void> {
    this.closing ??= (async () => {
      const { player, ended } = this;
      if (player && ended) {
        player.stdin?.end();
        await Promise.race([ended, sleep(GOODBYE_MS, undefined, { ref: false })]);
        player.kill('SIGKILL');
        await ended;
      }
      for (const index of this.modules.reverse()) await pactl('unload-module', index).catch(() => {});
      this.untrack();
    })();
    return this.closing;
  }

  private async begin(camera: string, onLost: (reason: string) => void, signal: AbortSignal): Promise<void> {
    const sink = `herald_${camera}`;
    const source = `${sink}_mic`;
    const description = `device.description=Herald-${camera}`;
    await this.ensure('sinks', sink, ['module-null-sink', `sink_name=${sink}`, `sink_properties=${description}`]);
    signal.throwIfAborted();
    await this.ensure('sources', source, [
      'module-remap-source',
      `master=${sink}.monitor`,
      `source_name=${source}`,
      `source_properties=${description}`,
    ]);
    signal.throwIfAborted();
    this.play(sink, onLost);
  }

  private async ensure(kind: 'sinks' | 'sources', name: string, module: readonly string[]): Promise<void> {
    const there = (await pactl('list', 'short', kind)).split('\n').some((line) => line.split('\t')[1] === name);
    if (!there) this.modules.push((await pactl('load-module', ...module)).trim());
  }

  private play(sink: string, onLost: (reason: string) => void): void {
    const player = spawn(
      'pacat',
      [
        '--playback',
        '--raw',
        `--device=${sink}`,
        '--format=float32le',
        `--rate=${SAMPLE_RATE_HZ}`,
        '--channels=1',
        `--latency-msec=${LATENCY_MS}`,
        '--client-name=Herald',
      ],
      { stdio: ['pipe', 'ignore', 'ignore'] },
    );
    trackProcess(player);
    player.stdin.on('error', () => {}); // Its `exit` says it.
    this.player = player;
    this.ended = untilEnded(player);
    void this.ended.then((end) => {
      if (!this.closing) onLost(`pacat, which plays into it, ended (${end}); remove this output and add it again`);
    });
  }
}

/** @throws HeraldError 'refused' in words */
async function pactl(...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)('pactl', args, { timeout: ANSWER_MS, env: { ...process.env, LC_ALL: 'C' } }))
      .stdout;
  } catch (error) {
    const { code, stderr, killed } = error as { code?: string | number; stderr?: string; killed?: boolean };
    if (code === 'ENOENT') {
      throw new HeraldError('refused', 'pactl is not installed: sudo apt install pulseaudio-utils (for PipeWire, too)');
    }
    const said = killed
      ? `no answer within ${ANSWER_MS / 1_000} s`
      : stderr?.trim().split('\n').at(-1) || `exit code ${code}`;
    throw new HeraldError(
      'refused',
      `pactl ${args[0]}: ${said}. Does PulseAudio or PipeWire run for the user that Herald runs as?`,
    );
  }
}
