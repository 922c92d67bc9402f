import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { TurnLatency } from '../../../shared/protocol';
import type { MouthStatus } from '../mouth/mouth';
import type { EngineStatus } from '../tts/tts';
import { version } from '../version';
import type { Condition } from './condition';
import type { EventLoopWatch } from './event-loop';
import { counts } from './native';
import { type ObservedSessions, SessionLedger } from './session-ledger';

export interface MetricParts {
  sessions: ObservedSessions;
  loop: Pick<EventLoopWatch, 'delay'>;
  mouth: () => MouthStatus;
  voices: () => readonly EngineStatus[];
  condition: () => Condition;
}

/** `Session.figures()` that only grow, as counters. */
const SESSION_COUNTERS = {
  picturesSent: ['pictures_sent', 'Pictures handed to encoders'],
  framesSent: ['audio_frames_sent', 'Audio frames of 20 ms handed to encoders'],
  underruns: ['underruns', 'Speech was under way and had nothing to play'],
  mouthMisses: [
    'mouth_misses',
    'Pictures of speech shown with the resting mouth, because inference was late or failed',
  ],
  skippedSamples: ['skipped_samples', 'Samples at 48 kHz skipped because the process woke too late'],
  pictureMisses: ['picture_misses', 'Pictures repeated because the next one was not decoded in time'],
  droppedPictures: ['dropped_pictures', 'Pictures the encoder had no time for'],
  renditionSwitches: ['rendition_switches', 'Times a viewer went from the program to the live rendition, or back'],
  sentAgain: ['rtp_packets_sent_again', 'Video packets sent again to the viewers that sessions came with'],
  notSentAgain: ['rtp_packets_refused', 'Video packets that were asked for again too often or too many at once'],
} as const;

const LATENCIES = {
  firstSoundSentMs: ['turn_first_sound_seconds', 'From the request of a turn to its first audible sample sent'],
  firstPictureSentMs: ['turn_first_picture_seconds', 'From the request of a turn to its first picture sent'],
  firstTokenMs: ['turn_first_token_seconds', 'From a question to the first word of its answer'],
  interruptToSilenceMs: ['interrupt_to_silence_seconds', 'From an interrupt to the first silent frame sent'],
} as const;
const LATENCY_BUCKETS_S = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10];
const HTTP_BUCKETS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];
const STATES = ['connecting', 'idle', 'thinking', 'speaking', 'acting', 'closed'] as const;
const STATUSES = ['ok', 'degraded', 'failing', 'draining'] as const;

/** Everything /metrics tells, in a registry of its own. Base units as Prometheus wants them: seconds, bytes, totals. */
export class ServerMetrics {
  readonly registry = new Registry();
  private readonly ledger: SessionLedger;
  private readonly http: Histogram;
  private readonly httpReplies: Counter;

  constructor(parts: MetricParts) {
    const registers = [this.registry];
    const gauge = (name: string, help: string, collect: (metric: Gauge) => void, labelNames: string[] = []) =>
      new Gauge({
        name: `herald_${name}`,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          collect(this);
        },
      });
    const counter = (name: string, help: string, labelNames: string[] = [], value?: () => number) =>
      new Counter({
        name: `herald_${name}_total`,
        help,
        labelNames,
        registers,
        ...(value && {
          collect() {
            this.reset();
            this.inc(value());
          },
        }),
      });
    const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []) =>
      new Histogram({ name: `herald_${name}`, help, buckets, labelNames, registers });

    const turns = counter('turns', 'Turns by how they ended: finished, interrupted, unheard (nothing of it was sent)', [
      'outcome',
    ]);
    for (const outcome of ['finished', 'interrupted', 'unheard']) turns.inc({ outcome }, 0);
    const faults = counter('faults', 'Failures that sessions were told of, by part and by who failed', [
      'part',
      'engine',
    ]);
    const latencies = Object.entries(LATENCIES).map(
      ([milestone, [name, help]]) =>
        [milestone as keyof TurnLatency, histogram(name, help, LATENCY_BUCKETS_S)] as const,
    );
    this.ledger = new SessionLedger(parts.sessions, {
      onOutcome: (outcome) => turns.inc({ outcome }),
      onFault: (part, engine) => faults.inc({ part, engine }),
      onLatency: (figures) => {
        for (const [milestone, metric] of latencies) {
          const ms = figures[milestone];
          if (ms !== undefined) metric.observe(ms / 1_000);
        }
      },
    });
    const { ledger } = this;
    for (const [figure, [name, help]] of Object.entries(SESSION_COUNTERS)) {
      counter(name, help, [], () => ledger.totals().get(figure) ?? 0);
    }
    counter('sessions_begun', 'Sessions that were begun', [], () => ledger.sessionsBegun);
    gauge(
      'sessions',
      'Sessions that live, by state',
      (metric) => {
        const list = parts.sessions.list();
        for (const state of STATES) metric.set({ state }, list.filter((one) => one.state === state).length);
      },
      ['state'],
    );

    gauge(
      'viewers',
      'WebRTC viewers by what they are sent: the program, or the live rendition while their network carries less',
      (metric) => {
        const all = Object.values(parts.sessions.figures());
        const sum = (figure: string) => all.reduce((total, figures) => total + (figures[figure] ?? 0), 0);
        metric.set({ rendition: 'program' }, sum('viewersOnProgram'));
        metric.set({ rendition: 'live' }, sum('viewersOnLive'));
      },
      ['rendition'],
    );
    counter('mouth_restarts', 'Times the inference process was replaced', [], () => parts.mouth().restarts);
    gauge('mouth_ready', '1 while the inference process answers', (metric) =>
      metric.set(parts.mouth().state === 'ready' ? 1 : 0),
    );
    gauge(
      'voice_failing',
      '1 while a voice engine is passed over',
      (metric) => {
        for (const { engine, state } of parts.voices()) metric.set({ engine }, state === 'failing' ? 1 : 0);
      },
      ['engine'],
    );
    gauge(
      'health',
      '1 for the status that /api/health tells',
      (metric) => {
        const { status } = parts.condition();
        for (const one of STATUSES) metric.set({ status: one }, one === status ? 1 : 0);
      },
      ['status'],
    );
    gauge(
      'native_objects',
      'Encoders, decoders, child processes, ... alive',
      (metric) => {
        for (const [kind, count] of Object.entries(counts())) metric.set({ kind }, count);
      },
      ['kind'],
    );
    gauge(
      'event_loop_delay_seconds',
      'How late the process comes to its timers, over 10 s',
      (metric) => {
        const { p50Ms, p99Ms, maxMs } = parts.loop.delay;
        metric.set({ quantile: '0.5' }, p50Ms / 1_000);
        metric.set({ quantile: '0.99' }, p99Ms / 1_000);
        metric.set({ quantile: '1' }, maxMs / 1_000);
      },
      ['quantile'],
    );
    // The names that every client library of Prometheus uses for these.
    new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory',
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
    new Counter({
      name: 'process_cpu_seconds_total',
      help: 'CPU time of this process, its children not counted',
      registers,
      collect() {
        this.reset();
        const { user, system } = process.cpuUsage();
        this.inc((user + system) / 1e6);
      },
    });
    gauge('build_info', 'Always 1; its labels tell the version', (metric) => metric.set({ version }, 1), ['version']);

    this.http = histogram('http_reply_seconds', "The server's own time per reply, by kind of route", HTTP_BUCKETS_S, [
      'class',
    ]);
    this.httpReplies = counter('http_replies', 'Replies by kind of route and status', ['class', 'status']);
  }

  httpReplied(routeClass: string, status: number, ms: number): void {
    this.httpReplies.inc({ class: routeClass, status });
    this.http.observe({ class: routeClass }, ms / 1_000);
  }

  /** Sums of the sessions' figures, those of sessions that are gone included. */
  totals(): ReadonlyMap<string, number> {
    return this.ledger.totals();
  }

  close(): void {
    this.ledger.close();
    this.registry.clear();
  }
}
