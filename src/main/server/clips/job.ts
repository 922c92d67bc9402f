import { z } from 'zod';
import { avatarName } from '../../../shared/protocol';
import { TRANSPARENT } from '../avatar/background';
import { HeraldError } from '../errors';
import type { ClipScript } from './script';
import { type ClipSize, MAX_SIDE_PX, MIN_SIDE_PX, parseSize } from './size';

/** Everything that a clip depends on, besides the settings. */
export interface ClipJob {
  script: ClipScript;
  avatar?: string;
  /** `#rrggbb` to stand before, in place of the presenter's own; `transparent` for nothing at all. */
  background?: string;
  voice?: string;
  size?: ClipSize;
  seed?: number;
}

const side = z.int().min(MIN_SIDE_PX).max(MAX_SIDE_PX);
/** `720`, `"720"` or `"1080x1920"`. */
export const clipSize = z
  .union([side, z.string().max(20)])
  .transform((size, context): ClipSize => {
    try {
      return typeof size === 'number' ? size : parseSize(size);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  })
  .describe('Its shorter side in pixels, or WIDTHxHEIGHT');

export const clipSeed = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
export const clipVoice = z.string().trim().min(1).max(200);

/** Whether the clip is a WebM with alpha. */
export const isTransparent = ({ background }: Pick<ClipJob, 'background'>): boolean => background === TRANSPARENT.id;

/** What of a job is chosen the same way wherever it comes from. */
export const clipChoices = z.object({
  avatar: avatarName.optional(),
  background: z
    .string()
    .regex(/^(#?[\da-f]{6}|transparent)$/i, 'must be a colour such as #00ff00, or transparent')
    .transform((text) => text.toLowerCase())
    .optional()
    .describe('A colour to stand before, or `transparent` for a WebM with alpha; of presenters that have a matte'),
  voice: clipVoice.optional().describe('A voice of the engine in use'),
  size: clipSize.optional(),
  seed: clipSeed
    .optional()
    .describe('Where the presenter begins: 0 with its first picture, others somewhere of their own'),
});

/** The one of several sources that is given. @throws HeraldError('malformed') when it is none, or more than one */
export function onlyOne<T extends string>(given: Partial<Record<T, unknown>>, names: readonly T[], what: string): T {
  const there = names.filter((name) => given[name] !== undefined);
  const [first, second] = there;
  if (first !== undefined && second === undefined) return first;
  const list = names.join(', ');
  throw new HeraldError('malformed', `${what}: say ${there.length === 0 ? 'one' : 'only one'} of ${list}`);
}
