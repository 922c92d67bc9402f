import { curl } from './snippets-curl';
import { javascript } from './snippets-javascript';
import { python } from './snippets-python';

export const LANGUAGES = ['curl', 'python', 'javascript'] as const;
export type SnippetLanguage = (typeof LANGUAGES)[number];

export const TASKS = ['talk', 'chat', 'interrupt', 'audio', 'events', 'watch'] as const;
export type Task = (typeof TASKS)[number];

/** The server that a snippet calls, as its caller finds it. */
export interface Target {
  /** `http://192.168.1.20:8010`, without a slash at its end. */
  origin: string;
  sessionId: number;
  /** Whether a token must be shown. */
  token: boolean;
}

/** What stands where the reader's token goes. */
export const PLACEHOLDER: Record<SnippetLanguage, string> = {
  curl: '$HERALD_TOKEN',
  python: 'HERALD_TOKEN',
  javascript: 'YOUR-TOKEN',
};

const WRITERS: Record<SnippetLanguage, Partial<Record<Task, (target: Target) => string>>> = {
  curl,
  python,
  javascript,
};

/** A program that does it, ready to run; undefined where the language cannot. */
export const snippet = (language: SnippetLanguage, task: Task, target: Target): string | undefined =>
  WRITERS[language][task]?.(target);

/**
 * Whether a call needs a token (guard.ts): programs of this machine and of its network need none; a page needs one unless it is of
 * this machine, since its `Origin` says where it came from.
 */
export function needsToken(
  asks: 'nobody' | 'outside' | 'everyone',
  from: 'local' | 'lan',
  language: SnippetLanguage,
): boolean {
  if (asks !== 'outside') return asks === 'everyone';
  return from === 'lan' && language === 'javascript';
}
