import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answerOf, type LlmServer, startLlmServer } from '../../../../testing/llm-server';
import { defaultSettings, type Settings } from '../../../shared/settings';
import { LiveSettings } from '../config/live';
import { createLogger } from '../log';
import { LiveChat } from './chat-services';
import type { Conversation } from './history';

let dataDir: string;
let servers: LlmServer[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'herald-chat-'));
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(dataDir, { recursive: true });
});

function open(settings: Partial<Settings> = {}) {
  const silent = { write: () => {} };
  const live = new LiveSettings({ settings: { ...defaultSettings(), data: dataDir, ...settings }, dataDir });
  return { live, chat: new LiveChat(live, createLogger('silent', { out: silent, err: silent })) };
}
const serve = async (text: string) => {
  const server = await startLlmServer({ script: answerOf(text) });
  servers.push(server);
  return server;
};
async function ask(chat: LiveChat, conversation: Conversation, question: string): Promise<string> {
  let text = '';
  const messages = conversation.messagesFor(question);
  for await (const piece of chat.llm!.stream(messages, { signal: AbortSignal.timeout(10_000) })) text += piece;
  conversation.answered(question, text, { interrupted: false });
  return text;
}

it('asks another service, as another person, in the middle of a conversation', async () => {
  const [one, two] = [await serve('I am one.'), await serve('I am two.')];
  const { live, chat } = open();
  expect(chat.llm).toBeUndefined();
  expect(chat.problem).toMatch(/DASHSCOPE_API_KEY/);

  await live.change({ llm_base_url: one.url, llm_model: 'm' });
  expect(chat.problem).toBeUndefined();
  const conversation = chat.newConversation();
  expect(await ask(chat, conversation, 'Who?')).toBe('I am one.');

  await live.change({
    llm_base_url: two.url,
    llm_system_prompt: 'You are a pirate.',
    llm_temperature: 0.25,
    llm_api_key: 'k-2',
  });
  expect(await ask(chat, conversation, 'And now?')).toBe('I am two.');
  const [request] = two.requests;
  expect(request?.headers.authorization).toBe('Bearer k-2');
  expect(request?.body).toMatchObject({ temperature: 0.25 });
  expect(request?.body.messages?.map(({ content }) => content)).toEqual([
    'You are a pirate.',
    'Who?',
    'I am one.',
    'And now?',
  ]);
  expect(one.requests).toHaveLength(1);
});

it('takes up rules, and refuses a file that it cannot use', async () => {
  const { live, chat } = open();
  writeFileSync(join(dataDir, 'rules.json'), JSON.stringify([{ match: 'hello', say: 'Hi.' }]));
  writeFileSync(join(dataDir, 'bad.json'), '[{"say": 1}]');
  expect(await live.change({ rules: 'rules.json' })).toMatchObject({ applied: ['rules'] });
  expect(chat.rules).toHaveLength(1);
  expect(await live.change({ rules: 'bad.json' })).toMatchObject({ problems: [{ name: 'rules' }] });
  expect(chat.rules).toHaveLength(1);
  await live.change({ rules: null, llm_tools: false });
  expect(chat.rules).toEqual([]);
  expect(chat.tools).toBe(false);
});
