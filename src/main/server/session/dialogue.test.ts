import { describe, expect, it } from 'vitest';
import { Conversation } from '../llm/history';
import type { ChatMessage, Llm, ToolCall } from '../llm/llm';
import { ProviderError } from '../provider-error';
import { type ChatServices, Dialogue } from './dialogue';
import type { Performable } from './stage-directions';
import { Turn } from './turn';

const fault = new ProviderError({ part: 'llm', provider: 'm', reason: 'it broke', remedy: 'Mend it.' });

/** A model that says these pieces, then fails if it is told to; remembers what it was asked. */
function model(pieces: string[], { failing = false, call }: { failing?: boolean; call?: ToolCall } = {}) {
  const asked: (readonly ChatMessage[])[] = [];
  const offered: (string[] | undefined)[] = [];
  const llm: Llm = {
    name: 'm',
    async *stream(messages, { tools, onToolCall }) {
      asked.push(messages);
      offered.push(tools?.map(({ name }) => name));
      yield* pieces;
      if (failing) throw fault;
      if (call) onToolCall?.(call);
    },
    models: async () => [],
  };
  return { llm, asked, offered };
}

function dialogue(services: Partial<ChatServices>, performances: Performable[] = []) {
  const told: unknown[] = [];
  const made = new Dialogue(
    { rules: [], newConversation: () => new Conversation({ historyTokens: 1_000 }), ...services },
    {
      onAnswer: (turn, delta, done) => told.push(done ? [turn.id, 'done'] : [turn.id, delta]),
      onFault: (turn, error) => told.push([turn.id, error]),
    },
    () => performances,
  );
  let id = 0;
  const ask = async (text: string) => {
    const turn = new Turn(++id, { kind: 'chat', text }, () => {});
    const words = made.answer(turn);
    let spoken = '';
    for await (const piece of words.pieces) spoken += piece;
    return { turn, words, spoken };
  };
  return { dialogue: made, ask, told };
}

describe('Dialogue', () => {
  it('speaks what the model writes without its Markdown, and tells it as written', async () => {
    const { llm } = model(['**Hel', 'lo** there', '.']);
    const { ask, told } = dialogue({ llm });
    const { spoken, words } = await ask('Hi');
    expect(spoken.trim()).toBe('Hello there.');
    expect(words.explained).toBe(false);
    expect(told).toEqual([
      [1, '**Hel'],
      [1, 'lo** there'],
      [1, '.'],
      [1, 'done'],
    ]);
  });

  it('tells the model what was said before, an interrupted answer only as far as it was heard', async () => {
    const { llm, asked } = model(['One sentence. Another sentence.']);
    const { dialogue: made, ask } = dialogue({ llm });
    const first = await ask('First?');
    first.turn.finish();
    made.ended(first.turn);
    const second = await ask('Second?');
    second.turn.heard.push('One sentence.');
    second.turn.interrupt();
    made.ended(second.turn);
    await ask('Third?');
    expect(asked[2]!.slice(1).map(({ content }) => content)).toEqual([
      'First?',
      'One sentence. Another sentence.',
      'Second?',
      'One sentence…',
      'Third?',
    ]);
  });

  it('speaks what came before a fault, and tells the fault once', async () => {
    const { llm } = model(['As far as it ', 'went. '], { failing: true });
    const { ask, told } = dialogue({ llm });
    const { spoken, words } = await ask('Hi');
    expect(spoken.trim()).toBe('As far as it went.');
    expect(words.explained).toBe(true);
    expect(told.filter((entry) => (entry as unknown[])[1] === fault)).toHaveLength(1);
    expect(told.at(-1)).toEqual([1, 'done']);
  });

  it('asks its rules first, and the mode follows the sentence', async () => {
    const { llm, asked } = model(['never']);
    const { dialogue: made, ask } = dialogue({
      llm,
      rules: [
        { match: '弹古筝', say: '好的，请欣赏。', audiotype: 2 },
        { match: 'freeze', audiotype: 1 },
      ],
    });
    const first = await ask('请弹古筝吧');
    expect(first.spoken.trim()).toBe('好的，请欣赏。');
    first.turn.finish();
    expect(made.ended(first.turn)).toBe(2);
    const silent = await ask('Freeze!');
    expect([silent.spoken.trim(), silent.words.explained]).toEqual(['', true]);
    silent.turn.finish();
    expect(made.ended(silent.turn)).toBe(1);
    expect(asked).toEqual([]);
  });

  describe('with something to perform', () => {
    const performances = [{ audiotype: 2, name: 'Guzheng' }];
    const call = { name: 'perform', args: { audiotype: 2 } };

    it('lets the model perform it once its answer has been spoken', async () => {
      const { llm, offered } = model(['Gladly.'], { call });
      const { dialogue: made, ask } = dialogue({ llm }, performances);
      const { turn, spoken, words } = await ask('Play something');
      expect(offered).toEqual([['perform', 'set_mode']]);
      expect([spoken.trim(), words.explained]).toEqual(['Gladly.', false]);
      turn.finish();
      expect(made.ended(turn)).toBe(2);
    });

    it('needs no words for it, and performs nothing that was interrupted', async () => {
      const { llm } = model([], { call });
      const { dialogue: made, ask } = dialogue({ llm }, performances);
      const { turn, spoken, words } = await ask('Play something');
      expect([spoken.trim(), words.explained]).toEqual(['', true]);
      turn.interrupt();
      expect(made.ended(turn)).toBeUndefined();
    });

    it('offers nothing where tools are switched off, or where there is nothing', async () => {
      const { llm, offered } = model(['No.']);
      await dialogue({ llm, tools: false }, performances).ask('Play something');
      await dialogue({ llm }, []).ask('Play something');
      expect(offered).toEqual([undefined, undefined]);
    });
  });

  it('does not perform what was interrupted', async () => {
    const { dialogue: made, ask } = dialogue({ rules: [{ match: 'dance', say: 'Gladly.', audiotype: 2 }] });
    const { turn } = await ask('dance');
    turn.interrupt();
    expect(made.ended(turn)).toBeUndefined();
  });

  it('says how to configure a model where there is none, and still obeys its rules', async () => {
    expect(dialogue({ problem: 'set DASHSCOPE_API_KEY' }).dialogue.problem).toBe('set DASHSCOPE_API_KEY');
    const {
      dialogue: made,
      ask,
      told,
    } = dialogue({
      problem: 'set DASHSCOPE_API_KEY',
      rules: [{ match: 'hello', say: 'Hello.' }],
    });
    expect(made.problem).toBeUndefined();
    expect((await ask('hello')).spoken.trim()).toBe('Hello.');
    await ask('What is the weather?');
    expect(told.filter((entry) => (entry as unknown[])[1] instanceof ProviderError)).toHaveLength(1);
  });
});
