import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SAMPLE_RATE_HZ } from '../../../../shared/units';
import { HeraldError } from '../../errors';
import { track } from '../../metrics/native';
import { Player } from './player';

const ANSWER_MS = 2_000;

/**
 * A microphone that other programs can choose, at PulseAudio or PipeWire's stand-in for it: a sink that plays to nobody, a source
 * that is what this sink plays (browsers do not offer the sink's own monitor), and a player that is fed with the session's sound.
 * Sinks and sources that are there already, left behind by a server that was killed, are used and left. A player that falls behind
 * is replaced, so that sound never stays late.
 */
export class Microphone {
  droppedSounds = 0;
  private readonly untrack = track('microphone');
  private readonly abort = new AbortController();
  private player: Player | undefined;
  private replacing: Promise<void> | undefined;
  /** Newest last. */
  private readonly modules: string[] = [];
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly sink: string,
    private readonly onLost: (reason: string) => void,
  ) {}

  /**
   * @param camera what tells microphones apart, 'video10'
   * @param onLost nothing is played any more; `reason` is for people
   * @throws HeraldError 'refused' with what is missing; the signal's reason when aborted
   */
  static async open(camera: string, onLost: (reason: string) => void, signal: AbortSignal): Promise<Microphone> {
    const microphone = new Microphone(`herald_${camera}`, onLost);
    try {
      await microphone.begin(`device.description=Herald-${camera}`, signal);
      return microphone;
    } catch (error) {
      await microphone.close();
      throw error;
    }
  }

  /** Copies what it is given. Never waits. */
  sound(samples: Float32Array): void {
    if (this.closing) return;
    if (!this.replacing && this.player?.play(samples)) return;
    this.droppedSounds++;
    this.replacing ??= this.replace();
  }

  /** Unloads what it loaded. Never throws. */
  close(): Promise<void> {
    this.closing ??= (async () => {
      this.abort.abort();
      await this.replacing;
      await this.player?.close();
      for (const index of this.modules.reverse()) await pactl('unload-module', index).catch(() => {});
      this.untrack();
    })();
    return this.closing;
  }

  private async begin(description: string, signal: AbortSignal): Promise<void> {
    const { sink } = this;
    const nullSink = [
      'module-null-sink',
      `sink_name=${sink}`,
      `rate=${SAMPLE_RATE_HZ}`,
      'channels=1',
      `sink_properties=${description}`,
    ];
    // A null sink renders 2 s of silence ahead, during which it takes nothing, unless it is told never to rewind (PulseAudio 16;
    // older ones do not know the word).
    await this.ensure('sinks', sink, [...nullSink, 'norewinds=1'], nullSink);
    signal.throwIfAborted();
    const source = `${sink}_mic`;
    await this.ensure('sources', source, [
      'module-remap-source',
      `master=${sink}.monitor`,
      `source_name=${source}`,
      `source_properties=${description}`,
    ]);
    signal.throwIfAborted();
    this.player = new Player(sink);
    await this.player.ready(signal);
  }

  private async ensure(
    kind: 'sinks' | 'sources',
    name: string,
    module: readonly string[],
    otherwise?: readonly string[],
  ): Promise<void> {
    const there = (await pactl('list', 'short', kind)).split('\n').some((line) => line.split('\t')[1] === name);
    if (there) return;
    const loaded = pactl('load-module', ...module);
    const index = otherwise ? await loaded.catch(() => pactl('load-module', ...otherwise)) : await loaded;
    this.modules.push(index.trim());
  }

  private async replace(): Promise<void> {
    try {
      await this.player?.close();
      if (this.closing) return;
      this.player = new Player(this.sink);
      await this.player.ready(this.abort.signal);
      this.replacing = undefined;
    } catch (error) {
      if (this.closing) return;
      const why = error instanceof Error ? error.message : String(error);
      this.onLost(`${why}; remove this output and add it again`);
    }
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
