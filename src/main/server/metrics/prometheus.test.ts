import { afterEach, expect, it } from 'vitest';
import type { SessionEvent, SessionSummary } from '../../../shared/protocol';
import { FakeSessions } from '../http/fake-sessions';
import { ServerMetrics } from './prometheus';

/** Sessions with figures, as the registry has them. */
class Sessions extends FakeSessions {
  readonly counted = new Map<number, Record<string, number>>();
  state: SessionSummary['state'] = 'idle';

  figures(): Record<string, Record<string, number>> {
    return Object.fromEntries([...this.sessions.keys()].map((id) => [id, this.counted.get(id) ?? {}]));
  }

  override list(): SessionSummary[] {
    return super.list().map((summary) => ({ ...summary, state: this.state }));
  }
}

let metrics: ServerMetrics;
afterEach(() => metrics.close());

function open() {
  const sessions = new Sessions();
  metrics = new ServerMetrics({
    sessions,
    loop: { delay: { p50Ms: 1, p99Ms: 40, maxMs: 80 } },
    mouth: () => ({ state: 'ready', restarts: 3 }) as never,
    voices: () => [{ engine: 'edgetts', state: 'failing' }],
    condition: () => ({ status: 'degraded', reasons: ['x'] }),
  });
  return sessions;
}

async function values(): Promise<Record<string, number>> {
  const text = await metrics.registry.metrics();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.replace(/ [^ ]+$/, ''), Number(line.split(' ').at(-1))]));
}

it('adds up sessions that live and sessions that are gone, and never falls', async () => {
  const sessions = open();
  const first = sessions.add(100_001);
  sessions.counted.set(100_001, { picturesSent: 250, underruns: 1 });
  expect(await values()).toMatchObject({ herald_pictures_sent_total: 250, 'herald_sessions{state="idle"}': 1 });

  sessions.counted.set(100_001, { picturesSent: 300, underruns: 2 });
  first.emit({ status: 'closed', reason: 'test' });
  // Still listed, its encoders are being closed.
  expect(await values()).toMatchObject({ herald_pictures_sent_total: 300, herald_underruns_total: 2 });
  sessions.sessions.delete(100_001);
  expect(await values()).toMatchObject({ herald_pictures_sent_total: 300, 'herald_sessions{state="idle"}': 0 });

  sessions.add(100_002);
  sessions.counted.set(100_002, { picturesSent: 10 });
  expect(await values()).toMatchObject({ herald_pictures_sent_total: 310, herald_sessions_begun_total: 2 });
});

it('tells how many viewers are sent which rendition, and how often they changed', async () => {
  const sessions = open();
  sessions.add(100_001);
  sessions.add(100_002);
  sessions.counted.set(100_001, { viewersOnProgram: 3, viewersOnLive: 1, renditionSwitches: 5 });
  sessions.counted.set(100_002, { viewersOnProgram: 1, viewersOnLive: 1, renditionSwitches: 1 });
  expect(await values()).toMatchObject({
    'herald_viewers{rendition="program"}': 4,
    'herald_viewers{rendition="live"}': 2,
    herald_rendition_switches_total: 6,
  });
});

it('counts every turn once, by how it ended', async () => {
  const sessions = open();
  const session = sessions.add(100_001);
  await values();
  const events: SessionEvent[] = [
    { status: 'turn', turn: 1, kind: 'echo', text: 'a' },
    { status: 'start', turn: 1, text: 'a' },
    { status: 'end', turn: 1, text: 'a' },
    { status: 'latency', turn: 1, firstSoundSentMs: 240, firstPictureSentMs: 260 },
    { status: 'turn', turn: 2, kind: 'echo', text: 'b' },
    { status: 'start', turn: 2, text: 'b' },
    { status: 'end', turn: 2, text: 'b', interrupted: true, playedMs: 100 },
    { status: 'interrupted', turn: 2, playedMs: 100 },
    { status: 'latency', turn: 2, firstSoundSentMs: 250 },
    { status: 'interrupted', turn: 3, playedMs: 0 },
    { status: 'latency', turn: 2, interruptToSilenceMs: 45 },
    { status: 'turn', turn: 4, kind: 'echo', text: 'c' },
    { status: 'error', part: 'voice', message: 'm', engine: 'edgetts', turn: 4 },
    { status: 'turn', turn: 5, kind: 'echo', text: 'd' },
    { status: 'closed', reason: 'test' },
  ];
  for (const event of events) session.emit(event);
  expect(await values()).toMatchObject({
    'herald_turns_total{outcome="finished"}': 1,
    'herald_turns_total{outcome="interrupted"}': 2,
    'herald_turns_total{outcome="unheard"}': 2,
    'herald_faults_total{part="voice",engine="edgetts"}': 1,
    'herald_turn_first_sound_seconds_bucket{le="0.3"}': 2,
    'herald_turn_first_sound_seconds_bucket{le="0.2"}': 0,
    herald_turn_first_picture_seconds_count: 1,
    'herald_interrupt_to_silence_seconds_bucket{le="0.05"}': 1,
  });
});

it('tells the state of the parts, and replies by kind of route', async () => {
  open();
  metrics.httpReplied('control', 200, 12);
  metrics.httpReplied('control', 503, 3);
  const told = await values();
  expect(told).toMatchObject({
    herald_mouth_ready: 1,
    herald_mouth_restarts_total: 3,
    'herald_voice_failing{engine="edgetts"}': 1,
    'herald_health{status="degraded"}': 1,
    'herald_health{status="ok"}': 0,
    'herald_event_loop_delay_seconds{quantile="0.99"}': 0.04,
    'herald_http_replies_total{class="control",status="503"}': 1,
    'herald_http_reply_seconds_count{class="control"}': 2,
  });
  expect(told.process_resident_memory_bytes).toBeGreaterThan(10e6);
  expect(told.process_cpu_seconds_total).toBeGreaterThan(0);
});
