import { answerOf, cutAfter, failureOf, type LlmServer, startLlmServer } from '../testing/llm-server';

const ANSWERS = [
  'It is a small museum by the harbour. On the first floor you find ships, and on the second their captains.',
  'The sea is deep here, and cold. Boats go out in the morning and come back at dusk.',
  '今天是晴天，适合出去走走。',
];

/** The language model of a soak: answers in a steady order, every ninth broken off, every seventeenth refused. */
export const startModel = (): Promise<LlmServer> =>
  startLlmServer({
    script: ({ index }) => {
      if (index % 17 === 16) return failureOf(500);
      const text = ANSWERS[index % ANSWERS.length]!;
      const timing = { firstTokenMs: 200, tokenMs: 25 };
      return index % 9 === 8 ? cutAfter(text.slice(0, 40), timing) : answerOf(text, timing);
    },
  });
