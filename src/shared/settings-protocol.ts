import { z } from 'zod';
import { SETTING_GROUPS, type SettingGroup } from './setting-groups';
import { told } from './told';

/** What `GET /api/settings` says of one setting. */
export const settingRow = z.object({
  name: z.string(),
  group: z.enum(Object.keys(SETTING_GROUPS) as [SettingGroup, ...SettingGroup[]]),
  kind: z.enum(['text', 'number', 'boolean', 'list', 'choice']),
  choices: z.array(z.string()).optional().describe('for kind `choice`'),
  min: z.number().optional(),
  max: z.number().optional(),
  integer: z.boolean().optional(),
  unit: z.string().optional(),
  help: z.string(),
  value: z
    .union([z.string(), z.number(), z.boolean(), z.array(z.string())])
    .nullable()
    .describe('what the next start would use; null where nothing is set, and always for secrets'),
  default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).nullable(),
  defaultText: z.string().optional().describe('where the default is worked out at start'),
  secret: z.boolean(),
  isSet: z.boolean().describe('whether it differs from "nothing": all that is told of a secret'),
  source: z.enum(['default', 'settings.json', 'environment', 'command line']),
  flag: z.string().optional(),
  env: z.string(),
  applies: z.enum(['now', 'next start']).describe('when a change takes effect'),
  waits: z.boolean().describe('it was changed and takes effect at the next start'),
  locked: z.string().optional().describe('why it cannot be changed here'),
});
export type SettingRow = z.infer<typeof settingRow>;

export const settingsReply = z.object({ code: z.literal(0), data: z.object({ settings: z.array(settingRow) }) });

/** One key per setting; null goes back to its default. The values are checked against the settings' own schemas. */
export const settingsPatch = z.record(z.string(), z.unknown());

export const settingsPatchReply = z.object({
  code: z.literal(0),
  data: z.object({
    settings: z.array(settingRow),
    applied: z.array(z.string()).describe('in effect now'),
    atNextStart: z.array(z.string()),
    warnings: z.array(z.string()),
    toldWarnings: z.array(told.nullable()).describe('The same by key, in the same order; null where there is none'),
  }),
});

export const settingProblem = z.object({ name: z.string(), msg: z.string(), told: told.optional() });
export type SettingProblem = z.infer<typeof settingProblem>;

export const settingsRefusal = z.object({
  code: z.literal(-1),
  msg: z.string(),
  problems: z.array(settingProblem).optional().describe('every value that was refused; nothing was changed'),
});
