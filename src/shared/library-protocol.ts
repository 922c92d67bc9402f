import { z } from 'zod';
import { avatarName, jobView } from './protocol';
import { told } from './told';

/**
 * What people bring in or fetch: avatars, mouth weights, voices. Wire types of /api/imports, /api/models and
 * /api/voices/catalogue; jobs look like those of clips and exports.
 */

/** What one upload may hold; a LiveTalking folder of 1080x1920 with 450 pictures has 900 files and 1.5 GB. */
export const MAX_IMPORT_FILES = 20_000;
export const MAX_IMPORT_BYTES = 8 * 1024 ** 3;

export const importKind = z.enum(['avatar', 'weights']);
export type ImportKind = z.infer<typeof importKind>;

/** Part of a path inside an uploaded folder: no root, no `..`, no drive, no backslash. */
export const importPath = z
  .string()
  .max(500)
  .regex(/^(?!\.{1,2}(?:\/|$))[^\\/:\p{Cc}]+(?:\/(?!\.{1,2}(?:\/|$))[^\\/:\p{Cc}]+)*$/u, {
    error: 'not a path inside a folder',
  });

/** What an import says when it is done. */
export const importResult = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('avatar'),
    avatar: avatarName,
    pictures: z.int(),
    widthPx: z.int(),
    heightPx: z.int(),
  }),
  z.object({
    kind: z.literal('weights'),
    model: z.string().describe('What the setting `model` takes'),
    variant: z.string().describe('96, 256 or 384 px, or onnx'),
    faceSizePx: z.int(),
    parameters: z.number().optional().describe('Absent for a ready-made ONNX file'),
    maxDifference: z.number().optional().describe('Of the fast graph against the whole one, 1 being full scale'),
  }),
]);
export type ImportResult = z.infer<typeof importResult>;

export const importView = jobView.extend({
  kind: importKind,
  name: z.string().describe('What it will be called'),
  step: z.enum(['receive', 'unpack', 'prepare', 'copy', 'convert', 'check']).describe('What is being done'),
  bytes: z.number().describe('Received so far'),
  result: importResult.optional(),
});
export type ImportView = z.infer<typeof importView>;

export const importReply = z.object({ code: z.literal(0), data: importView });
export const importsReply = z.object({ code: z.literal(0), data: z.object({ imports: z.array(importView) }) });

/** A mouth model that the setting `model` can name. */
export const mouthModel = z.object({
  id: z.string().describe('What the setting `model` takes'),
  name: z.string(),
  kind: z.enum(['built-in', 'checkpoint', 'onnx']),
  bytes: z.number(),
  faceSizePx: z.int().optional().describe('Known once it was converted'),
  inUse: z.boolean(),
  /** Files of other people's folders are never deleted. */
  removable: z.boolean(),
});
export type MouthModel = z.infer<typeof mouthModel>;
export const mouthModelsReply = z.object({
  code: z.literal(0),
  data: z.object({
    models: z.array(mouthModel),
    /** The model that was asked for, while the one in use draws in its place: it is being made ready, or cannot be used. */
    instead: z
      .object({
        model: z.string(),
        why: z.string(),
        loading: z.boolean().describe('It is being made ready; else it cannot be used'),
      })
      .optional(),
  }),
});

/** A voice that can be downloaded. */
export const catalogueVoice = z.object({
  name: z.string(),
  language: z.string().describe('BCP 47'),
  licence: z.string().optional().describe('Absent: see the model card that comes with it'),
  bytes: z.number(),
  state: z.enum(['absent', 'queued', 'downloading', 'paused', 'checking', 'installed', 'failed']),
  receivedBytes: z.number(),
  problem: z.string().optional().describe('Why it failed, for people'),
});
export type CatalogueVoiceView = z.infer<typeof catalogueVoice>;
export const catalogueReply = z.object({
  code: z.literal(0),
  data: z.object({
    voices: z.array(catalogueVoice),
    /** Where they come from, for people: the host's name. */
    host: z.string(),
    /** What keeps downloaded voices from speaking here, with what to do. */
    problem: z.string().optional(),
    told: told.optional(),
  }),
});
export const catalogueVoiceReply = z.object({ code: z.literal(0), data: catalogueVoice });
export const catalogueAction = z.object({ action: z.enum(['download', 'pause', 'resume']) });

/** A few words in a voice, to hear it before choosing it: answered with audio/wav. */
export const voicePreviewBody = z.object({
  voice: z.string().max(200),
  text: z.string().trim().min(1).max(200).optional().describe('Default: a greeting in the language of the voice'),
  speed: z.number().min(0.5).max(2).optional(),
});
