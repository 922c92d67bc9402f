import { z } from 'zod';
import { HeraldError } from '../errors';

/** What a clip is made of, in order. */
export type ScriptStep =
  /** Spoken, in one breath with the next one unless a pause comes between. */
  | { kind: 'say'; text: string; voice?: string }
  /** A recording that the presenter speaks. */
  | { kind: 'audio'; file: string }
  /** Silence, in which the presenter lives on. */
  | { kind: 'pause'; durationMs: number }
  /** What is shown in silence: 0 the living presenter, 1 a still picture, from 2 on a performance. */
  | { kind: 'mode'; audiotype: number };

export type ClipScript = readonly ScriptStep[];

const MAX_STEPS = 5_000;
/** Three hours of speech. */
export const MAX_SCRIPT_CHARACTERS = 200_000;
const MAX_PAUSE_S = 600;
export const MODES: Readonly<Record<string, number>> = { live: 0, still: 1 };

const modeNumber = z.union([
  z.enum(['live', 'still']).transform((name) => MODES[name]!),
  z.int().min(0).max(1_000_000),
]);
const pauseS = z.number().positive().max(MAX_PAUSE_S);
const voiceName = z.string().trim().min(1).max(200);
const say = z.strictObject({ say: z.string().trim().min(1), voice: voiceName.optional() });
const pause = z.strictObject({ pause: pauseS.describe('Seconds') });
const mode = z.strictObject({ mode: modeNumber.describe('live, still or the number of a performance') });
const audio = z.strictObject({ audio: z.string().min(1).describe('Path of an audio file') });

/** Scripts that come over the network name no files. */
export const remoteScript = z
  .array(z.union([z.string().trim().min(1), say, pause, mode]))
  .min(1)
  .max(MAX_STEPS);
/** A plain string is said. */
export const jsonScript = z
  .array(z.union([z.string().trim().min(1), say, pause, mode, audio]))
  .min(1)
  .max(MAX_STEPS);

/** @throws HeraldError('malformed') when there is more than a clip may hold */
export function scriptOf(steps: z.infer<typeof jsonScript>): ScriptStep[] {
  return checkScript(
    steps.map((step): ScriptStep => {
      if (typeof step === 'string') return { kind: 'say', text: step };
      if ('say' in step) return { kind: 'say', text: step.say, ...(step.voice !== undefined && { voice: step.voice }) };
      if ('audio' in step) return { kind: 'audio', file: step.audio };
      if ('pause' in step) return { kind: 'pause', durationMs: Math.round(step.pause * 1_000) };
      return { kind: 'mode', audiotype: step.mode };
    }),
  );
}

const DIRECTIVE = /^\[\s*([a-z]+)\b\s*([^\]]*)\]$/i;

/**
 * A script as people write it: every line is said; what stands alone in brackets directs.
 *
 *     # a remark
 *     [voice en-gb+f3]
 *     Good morning.
 *     [pause 1.5]
 *     [mode still]
 *     [audio greeting.wav]
 *     \[this line is said, brackets and all]
 *
 * `[voice]` alone returns to the first voice; `[mode live]`, `[mode still]` or a performance's number.
 * @throws HeraldError('malformed') naming the line
 */
export function parseScript(text: string): ScriptStep[] {
  const steps: ScriptStep[] = [];
  let voice: string | undefined;
  for (const [i, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const directive = DIRECTIVE.exec(line);
    if (!directive) {
      if (line.startsWith('[')) throw wrong(i, `${short(line)} is no direction; to say it, put a backslash in front`);
      const said = /^\\[[#\\]/.test(line) ? line.slice(1) : line;
      steps.push({ kind: 'say', text: said, ...(voice !== undefined && { voice }) });
      continue;
    }
    const [, name = '', value = ''] = directive;
    if (name.toLowerCase() === 'voice') voice = value.trim() || undefined;
    else steps.push(direction(name.toLowerCase(), value.trim(), i));
  }
  if (steps.length === 0) throw new HeraldError('malformed', 'the script is empty: there is nothing to say or to show');
  return checkScript(steps);
}

function direction(name: string, value: string, line: number): ScriptStep {
  switch (name) {
    case 'pause': {
      const seconds = pauseS.safeParse(value === '' ? Number.NaN : Number(value.replace(/\s*s$/, '')));
      if (!seconds.success)
        throw wrong(line, `[pause ${value}]: say seconds, as in [pause 1.5], ${MAX_PAUSE_S} at most`);
      return { kind: 'pause', durationMs: Math.round(seconds.data * 1_000) };
    }
    case 'mode': {
      const audiotype = modeNumber.safeParse(/^\d+$/.test(value) ? Number(value) : value.toLowerCase());
      if (!audiotype.success) throw wrong(line, `[mode ${value}]: say live, still or the number of a performance`);
      return { kind: 'mode', audiotype: audiotype.data };
    }
    case 'audio':
      if (value === '') throw wrong(line, '[audio]: name a file, as in [audio greeting.wav]');
      return { kind: 'audio', file: value };
    default:
      throw wrong(line, `[${name}] is not known; there are pause, voice, mode and audio`);
  }
}

function checkScript(steps: ScriptStep[]): ScriptStep[] {
  if (steps.length > MAX_STEPS) {
    throw new HeraldError(
      'too-large',
      `the script has ${steps.length} steps, ${MAX_STEPS} at most: make several clips`,
    );
  }
  const characters = steps.reduce((sum, step) => sum + (step.kind === 'say' ? step.text.length : 0), 0);
  if (characters > MAX_SCRIPT_CHARACTERS) {
    throw new HeraldError(
      'too-large',
      `the script has ${characters} characters, ${MAX_SCRIPT_CHARACTERS} at most: make several clips`,
    );
  }
  return steps;
}

const short = (line: string) => JSON.stringify(line.length > 40 ? `${line.slice(0, 40)}...` : line);
const wrong = (line: number, why: string) => new HeraldError('malformed', `line ${line + 1}: ${why}`);
