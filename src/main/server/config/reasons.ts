import type { z } from 'zod';
import { defaultTextOf, type SettingName, settingInfo, settingKind } from '../../../shared/settings';
import { say } from '../../../shared/told';

/** Why a value is refused, with the unit and the default, as people read it. */
export function whyNot(name: SettingName, issue?: z.core.$ZodIssue): string {
  const { unit } = settingInfo(name);
  const byDefault = defaultTextOf(name);
  const about = [unit, byDefault && `default ${byDefault}`].filter(Boolean).join(', ');
  const notes = about ? ` (${about})` : '';
  switch (issue?.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? say('setting.whole', { notes }) : expected(name, notes);
    case 'too_big': {
      const most = String(issue.maximum);
      return issue.origin === 'string'
        ? say('setting.atMostLong', { most, notes })
        : say('setting.atMost', { most, notes });
    }
    case 'too_small':
      return issue.origin === 'string'
        ? say('setting.empty', { notes })
        : say('setting.atLeast', { least: String(issue.minimum), notes });
    case 'invalid_value':
      return say('setting.oneOf', { choices: `${issue.values.join(', ')}${notes}` });
    default:
      return issue === undefined ? expected(name, notes) : `${issue.message}${notes}`;
  }
}

function expected(name: SettingName, notes: string): string {
  switch (settingKind(name)) {
    case 'number':
      return say('setting.number', { notes });
    case 'boolean':
      return say('setting.flag', { notes });
    case 'list':
      return `must be a list${notes}`;
    case 'text':
      return `must be text${notes}`;
  }
}
