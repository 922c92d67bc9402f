import type { z } from 'zod';
import { defaultTextOf, type SettingName, settingInfo, settingKind } from '../../../shared/settings';

const EXPECTED = {
  number: 'must be a number',
  boolean: 'must be true or false',
  list: 'must be a list',
  text: 'must be text',
};

/** Why a value is refused, with the unit and the default, as people read it. */
export function whyNot(name: SettingName, issue?: z.core.$ZodIssue): string {
  const { unit } = settingInfo(name);
  const byDefault = defaultTextOf(name);
  const notes = [unit, byDefault && `default ${byDefault}`].filter(Boolean).join(', ');
  return `${reasonOf(name, issue)}${notes ? ` (${notes})` : ''}`;
}

function reasonOf(name: SettingName, issue?: z.core.$ZodIssue): string {
  switch (issue?.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'must be a whole number' : EXPECTED[settingKind(name)];
    case 'too_big':
      return issue.origin === 'string'
        ? `must be at most ${issue.maximum} characters`
        : `must be at most ${issue.maximum}`;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    default:
      return issue?.message ?? EXPECTED[settingKind(name)];
  }
}
