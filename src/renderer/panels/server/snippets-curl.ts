import type { Target, Task } from './snippets';

type Writers = Partial<Record<Task, (target: Target) => string>>;

const TOKEN = `-H "Authorization: Bearer $HERALD_TOKEN"`;

/** Each option on a line of its own, as shells go on after a backslash. */
const command = (target: Target, path: string, options: readonly string[]): string =>
  [`curl -sS '${target.origin}${path}'`, ...(target.token ? [TOKEN] : []), ...options].join(' \\\n  ');

const json = (target: Target, path: string, body: object): string => {
  // A quote inside single quotes cannot be escaped in a shell: it ends them, stands alone, and they begin again.
  const text = JSON.stringify(body).replaceAll("'", `'\\''`);
  return command(target, path, [`-H 'Content-Type: application/json'`, `-d '${text}'`]);
};

export const curl: Writers = {
  talk: (target) => json(target, '/human', { sessionid: target.sessionId, type: 'echo', text: 'Hello, here I am.' }),
  chat: (target) => json(target, '/human', { sessionid: target.sessionId, type: 'chat', text: 'Who are you?' }),
  interrupt: (target) => json(target, '/interrupt_talk', { sessionid: target.sessionId }),
  audio: (target) => command(target, '/humanaudio', [`-F sessionid=${target.sessionId}`, '-F file=@speech.wav']),
  events: (target) => command(target, `/sse?sessionid=${target.sessionId}`, ['--no-buffer']),
};
