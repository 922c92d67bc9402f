import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Conversation, DEFAULT_PERSONA, estimateTokens } from './history';

const whole = { interrupted: false };
const heard = (conversation: Conversation) =>
  conversation
    .messagesFor('?')
    .slice(1, -1)
    .map(({ content }) => content);

describe('a conversation', () => {
  it('begins with who the presenter is, and ends with the question', () => {
    const conversation = new Conversation({ historyTokens: 1_000 });
    expect(conversation.messagesFor('Who are you?')).toEqual([
      { role: 'system', content: DEFAULT_PERSONA },
      { role: 'user', content: 'Who are you?' },
    ]);
    conversation.answered('Who are you?', 'I am Herald.', whole);
    expect(conversation.messagesFor('And where?')).toEqual([
      { role: 'system', content: DEFAULT_PERSONA },
      { role: 'user', content: 'Who are you?' },
      { role: 'assistant', content: 'I am Herald.' },
      { role: 'user', content: 'And where?' },
    ]);
    const own = new Conversation({ systemPrompt: '你是导游。', historyTokens: 0 });
    expect(own.messagesFor('你好')[0]).toEqual({ role: 'system', content: '你是导游。' });
  });

  it('is remembered as far as it was heard', () => {
    const conversation = new Conversation({ historyTokens: 1_000 });
    conversation.answered('One?', 'Once upon a time, ', { interrupted: true });
    conversation.answered('Two?', '从前有一座山。', { interrupted: true });
    conversation.answered('Three?', ' ', { interrupted: true });
    conversation.answered('Four?', '', whole);
    expect(heard(conversation)).toEqual(['One?', 'Once upon a time…', 'Two?', '从前有一座山…']);
  });

  it('forgets the oldest exchange first, question and answer together', () => {
    const size = estimateTokens('q1') + estimateTokens('a1') + 8;
    const conversation = new Conversation({ historyTokens: 2 * size });
    for (const n of [1, 2, 3]) conversation.answered(`q${n}`, `a${n}`, whole);
    expect(heard(conversation)).toEqual(['q2', 'a2', 'q3', 'a3']);
    expect(conversation.tokens).toBe(2 * size);
    conversation.clear();
    expect([heard(conversation), conversation.tokens]).toEqual([[], 0]);
  });

  it('remembers nothing where that is asked for', () => {
    const conversation = new Conversation({ historyTokens: 0 });
    conversation.answered('One?', 'Yes.', whole);
    expect(heard(conversation)).toEqual([]);
  });

  it('never outgrows its bound', () => {
    const exchange = fc.tuple(fc.string({ maxLength: 60, unit: 'binary' }), fc.string({ maxLength: 60 }), fc.boolean());
    fc.assert(
      fc.property(fc.nat(100), fc.array(exchange, { maxLength: 20 }), (historyTokens, exchanges) => {
        const conversation = new Conversation({ historyTokens });
        for (const [question, answer, interrupted] of exchanges)
          conversation.answered(question, answer, { interrupted });
        const messages = conversation.messagesFor('?').slice(1, -1);
        expect(messages.length % 2).toBe(0);
        const tokens = messages.reduce((sum, { content }) => sum + estimateTokens(content) + 4, 0);
        expect(tokens).toBe(conversation.tokens);
        expect(tokens).toBeLessThanOrEqual(historyTokens);
      }),
    );
  });
});

describe('the estimate of tokens', () => {
  it.each([
    ['', 0],
    ['你好，世界。', 6],
    ['こんにちは', 5],
    ['안녕하세요', 5],
    ['Hello world', 3],
    // As o200k_base counts it: 10.
    ['The quick brown fox jumps over the lazy dog.', 12],
    ['3.14159', 7],
    ['Привет', 3],
    ['👋', 2],
  ])('%j is %i', (text, tokens) => expect(estimateTokens(text)).toBe(tokens));
});
