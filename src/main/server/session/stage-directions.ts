import { z } from 'zod';
import type { Tool, ToolCall } from '../llm/tools';

/** A performance as a model is told of it. */
export interface Performable {
  /** What /set_audiotype calls it by, from 2 on. */
  audiotype: number;
  name: string;
}

const PERFORM = 'perform';
const SET_MODE = 'set_mode';
const MODES = { live: 0, still: 1 } as const;
/** A list that is read with every question. */
const MAX_PERFORMANCES = 50;
const MAX_NAME_CHARACTERS = 80;

const modeArgs = z.object({ mode: z.enum(['live', 'still']) });

/**
 * The tools with which a model directs its presenter; none where there is nothing to perform: a request without tools is
 * shorter, and small models that are given tools call them when they should answer.
 */
export function stageDirections(performances: readonly Performable[]): Tool[] {
  const known = performances.filter(({ audiotype }) => audiotype >= 2).slice(0, MAX_PERFORMANCES);
  if (known.length === 0) return [];
  const list = known.map(({ audiotype, name }) => `${audiotype} = ${nameOf(name)}`).join('; ');
  return [
    {
      name: PERFORM,
      description:
        'Starts a performance of yours, after what you say in this answer has been spoken. Call it only when you are asked for ' +
        `it, and announce it in one short sentence. Performances: ${list}.`,
      args: z.object({ audiotype: z.preprocess(asNumber, z.literal(known.map(({ audiotype }) => audiotype))) }),
    },
    {
      name: SET_MODE,
      description:
        'What you do while you do not speak, from the end of this answer on: "live" moves naturally, "still" stands like a ' +
        'picture. Call it only when you are asked to stand still or to move again.',
      args: modeArgs,
    },
  ];
}

/** The mode that a call asks for, as /set_audiotype takes it. The call is one of these tools', its arguments checked. */
export function audiotypeOf({ name, args }: ToolCall): number | undefined {
  if (name === PERFORM) return (args as { audiotype: number }).audiotype;
  if (name === SET_MODE) return MODES[(args as z.infer<typeof modeArgs>).mode];
  return undefined;
}

/** Models write numbers as words now and then. */
const asNumber = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value;

/** One line, so that a name cannot pass for an instruction of ours. */
const nameOf = (name: string): string => name.replace(/\s+/g, ' ').trim().slice(0, MAX_NAME_CHARACTERS);
