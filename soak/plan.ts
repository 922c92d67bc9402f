import { Random } from '../fuzz/random';

/** What an actor does in a session, one thing after the other; `thenMs` passes before the next. */
export type Step = { thenMs: number } & (
  | { does: 'say'; text: string; interrupt: boolean }
  | { does: 'ask'; text: string; interrupt: boolean }
  | { does: 'interrupt' }
  | { does: 'upload'; file: UploadName }
  | { does: 'mode'; audiotype: number; reinit: boolean }
  | { does: 'record' }
  | { does: 'want keyframe' }
  | { does: 'invite' }
  | { does: 'look' }
  | { does: 'rest' }
);

export const UPLOADS = ['tone.wav', 'tone.mp3', 'tone.opus', 'garbage.mp3', 'empty.wav'] as const;
export type UploadName = (typeof UPLOADS)[number];

/**
 * How a viewer goes: it closes its connection, asks the server to end the session, sends what a page sends while it unloads, or
 * says nothing at all any more, as one whose process was killed. 'change': the next session is connected before this one is left.
 */
export const LEAVES = ['close', 'delete', 'beacon', 'vanish', 'change'] as const;
export type Leave = (typeof LEAVES)[number];

/** One session from its offer to its end. */
export interface Visit {
  number: number;
  presenter: string;
  codec: 'H264' | 'VP8';
  listens: boolean;
  steps: Step[];
  leave: Leave;
  /** Before the next offer. */
  pauseMs: number;
}

const LINES = [
  'Good evening, and welcome.',
  'Peter packed a bag for the morning boat. Mary waved from the bridge.',
  'The forecast for tomorrow: sun in the morning, a little rain by noon, and a clear night.',
  'One moment, please.',
  'Would you like to hear how a pendulum clock keeps time? It swings, and each swing lets one tooth of a wheel go by.',
  '你好，欢迎收看今天的节目。',
];
const QUESTIONS = ['Who are you?', 'What can I see in the museum?', 'Tell me about the sea.', '今天天气怎么样？'];

const MAX_STEPS = 14;
const LONGEST_PAUSE_MS = 3_000;

/** The same visits in the same order for the same seed and actor; what the server makes of them is another matter. */
export function* visitsOf(seed: number, actor: number, presenters: readonly string[]): Generator<Visit, never> {
  const random = new Random(seed * 7_919 + actor * 104_729);
  for (let number = 0; ; number++) yield visitOf(random, number, presenters);
}

function visitOf(random: Random, number: number, presenters: readonly string[]): Visit {
  const short = random.chance(0.15);
  const count = short ? random.below(2) : 3 + random.below(MAX_STEPS - 2);
  return {
    number,
    presenter: random.of(presenters),
    codec: random.chance(0.85) ? 'H264' : 'VP8',
    listens: random.chance(0.85),
    steps: Array.from({ length: count }, () => stepOf(random)),
    leave: random.of(LEAVES),
    pauseMs: random.below(LONGEST_PAUSE_MS),
  };
}

function stepOf(random: Random): Step {
  const thenMs = 500 + random.below(4_500);
  const dice = random.next();
  if (dice < 0.3) return { does: 'say', text: random.of(LINES), interrupt: random.chance(0.25), thenMs };
  if (dice < 0.42) return { does: 'ask', text: random.of(QUESTIONS), interrupt: random.chance(0.2), thenMs };
  if (dice < 0.52) return { does: 'interrupt', thenMs };
  if (dice < 0.62) return { does: 'upload', file: random.of(UPLOADS), thenMs };
  if (dice < 0.72) return { does: 'mode', audiotype: random.below(3), reinit: random.chance(0.3), thenMs };
  if (dice < 0.83) return { does: 'record', thenMs: thenMs + 2_000 };
  if (dice < 0.87) return { does: 'want keyframe', thenMs };
  if (dice < 0.92) return { does: 'invite', thenMs };
  if (dice < 0.96) return { does: 'look', thenMs };
  return { does: 'rest', thenMs: thenMs * 2 };
}
