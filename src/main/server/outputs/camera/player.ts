import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { SAMPLE_RATE_HZ } from '../../../../shared/units';
import { untilEnded } from '../../child';
import { trackProcess } from '../../metrics/native';

const READY_MS = 5_000;
const GOODBYE_MS = 300;
const LATENCY_MS = 60;
/** On top of what the kernel takes in, which is up to a second. */
const MOST_WAITING_MS = 200;
const MOST_WAITING_BYTES = (MOST_WAITING_MS / 1_000) * SAMPLE_RATE_HZ * Float32Array.BYTES_PER_ELEMENT;
/** pacat's own words, with --verbose. */
const READY = 'Stream successfully created';

/** pacat, playing mono float samples at 48 kHz to one sink. */
export class Player {
  /** How it ended. */
  readonly ended: Promise<string>;
  private readonly process: ChildProcess;
  private state: 'starting' | 'ready' | 'over' = 'starting';

  constructor(sink: string) {
    const args = ['--playback', '--raw', '--verbose', `--device=${sink}`, '--format=float32le'];
    this.process = spawn(
      'pacat',
      [...args, `--rate=${SAMPLE_RATE_HZ}`, '--channels=1', `--latency-msec=${LATENCY_MS}`, '--client-name=Herald'],
      { stdio: ['pipe', 'ignore', 'pipe'], env: { ...process.env, LC_ALL: 'C' } },
    );
    trackProcess(this.process);
    this.process.stdin!.on('error', () => {}); // Its `exit` says it.
    this.ended = untilEnded(this.process).then((end) => {
      this.state = 'over';
      return end;
    });
  }

  /**
   * Resolves once it plays: what it was given before that would make everything later for good.
   * @throws Error when it ends instead, or takes too long
   */
  async ready(signal: AbortSignal): Promise<void> {
    const { stderr } = this.process;
    const waited = new AbortController();
    let said = '';
    const playing = new Promise<void>((resolve) => {
      stderr!.on('data', (bytes: Buffer) => {
        if (this.state !== 'starting') return; // It goes on telling the time.
        said = (said + bytes.toString('latin1')).slice(-2_000);
        if (said.includes(READY)) resolve();
      });
    });
    const late = sleep(READY_MS, undefined, { signal: AbortSignal.any([signal, waited.signal]) });
    try {
      await Promise.race([
        playing,
        this.ended.then((end) => {
          throw new Error(`pacat ended (${end})${said && `: ${said.trim().split('\n').at(-1)}`}`);
        }),
        late.then(() => {
          throw new Error(`pacat does not play within ${READY_MS / 1_000} s`);
        }),
      ]);
    } finally {
      waited.abort();
    }
    this.state = 'ready';
  }

  /** Copies the samples. False when it has fallen behind: they were not taken. */
  play(samples: Float32Array): boolean {
    const stdin = this.process.stdin!;
    if (this.state !== 'ready') return false;
    if (stdin.writableLength + samples.byteLength > MOST_WAITING_BYTES) return false;
    stdin.write(Buffer.from(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)));
    return true;
  }

  /** Lets it play what it has, for a moment. Resolves once it is gone. */
  async close(): Promise<void> {
    this.process.stdin!.end();
    const waited = new AbortController();
    const late = sleep(GOODBYE_MS, undefined, { signal: waited.signal }).then(
      () => this.process.kill('SIGKILL'),
      () => {},
    );
    await this.ended;
    waited.abort();
    await late;
  }
}
