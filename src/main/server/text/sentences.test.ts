import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SentenceSplitter, splitAll, splitSentences } from './sentences';

const late = (text: string) => splitAll(text, { early: false });
const inChunks = (text: string, size: number) => {
  const splitter = new SentenceSplitter();
  const out: string[] = [];
  for (let i = 0; i < text.length; i += size) out.push(...splitter.push(text.slice(i, i + size)));
  return [...out, ...splitter.flush()];
};

describe('where sentences end', () => {
  it.each([
    ['Hello there. How are you?', ['Hello there.', 'How are you?']],
    ['hello. all fine! ok', ['hello.', 'all fine!', 'ok']],
    ['你好。今天天气很好！我们走吧？好', ['你好。', '今天天气很好！', '我们走吧？', '好']],
    ['他说：“你好。”然后走了。', ['他说：“你好。”', '然后走了。']],
    ['OK.你好', ['OK.', '你好']],
    ['one\ntwo\r\nthree', ['one', 'two', 'three']],
    ['Dr. Smith met Mrs. Jones. They spoke.', ['Dr. Smith met Mrs. Jones.', 'They spoke.']],
    ['Fruit, e.g. apples, i.e. food. Yes.', ['Fruit, e.g. apples, i.e. food.', 'Yes.']],
    ['The U.S. economy grew. Good.', ['The U.S. economy grew.', 'Good.']],
    ['J. R. Smith came. Hi.', ['J. R. Smith came.', 'Hi.']],
    ['At 5 p.m. we left. At 6 p.m. Anna came.', ['At 5 p.m. we left.', 'At 6 p.m.', 'Anna came.']],
    ['Pi is 3.14159. Really.', ['Pi is 3.14159.', 'Really.']],
    ['See No. 5. No. I will not.', ['See No. 5.', 'No.', 'I will not.']],
    ['Meet at 10:30. Bye.', ['Meet at 10:30.', 'Bye.']],
    [
      'Go to https://example.com/a.b?c=d&e=f. Then mail me@example.co.uk. Done.',
      ['Go to https://example.com/a.b?c=d&e=f.', 'Then mail me@example.co.uk.', 'Done.'],
    ],
    ['Yahoo!x and a?b stay. Ok!', ['Yahoo!x and a?b stay.', 'Ok!']],
    ['"Really?" he asked. "Yes." She left.', ['"Really?" he asked.', '"Yes."', 'She left.']],
    ['(It works.) Next.', ['(It works.)', 'Next.']],
    ['Well... maybe so. Wait... What?!', ['Well... maybe so.', 'Wait...', 'What?!']],
    ['嗯……我觉得可以。', ['嗯……我觉得可以。']],
    ['1. First item.\n2. Second item.', ['1. First item.', '2. Second item.']],
    ['Hi! 😀 Nice to meet you.', ['Hi!', '😀 Nice to meet you.']],
    ['... and so on.', ['... and so on.']],
    ['What‽ Really?! Yes⁉ Ok.', ['What‽', 'Really?!', 'Yes⁉', 'Ok.']],
    ['¿Qué tal? ¡Hola!¿Y tú? El Sr. Paz.', ['¿Qué tal?', '¡Hola!', '¿Y tú?', 'El Sr. Paz.']],
    ['नमस्ते। आप कैसे हैं? ठीक॥ हाँ', ['नमस्ते।', 'आप कैसे हैं?', 'ठीक॥', 'हाँ']],
    ['مرحبا؟ نعم. شکریہ۔ جی', ['مرحبا؟', 'نعم.', 'شکریہ۔', 'جی']],
    ['「はい。」と言った。「いいえ。」彼は笑った。', ['「はい。」と言った。', '「いいえ。」', '彼は笑った。']],
    ['She has a Ph.D. from MIT. I like art. See p. 5.', ['She has a Ph.D. from MIT.', 'I like art.', 'See p. 5.']],
    ['Use v1.2.3 at 9 a.m. on Jan. 5. ３．１４。', ['Use v1.2.3 at 9 a.m. on Jan. 5.', '３．１４。']],
    ['Acme Inc. is big. So is Beta Ltd. They pay.', ['Acme Inc. is big.', 'So is Beta Ltd.', 'They pay.']],
    ['真的吗？！好（是的。）嗯', ['真的吗？！', '好（是的。）', '嗯']],
    ['', []],
    [' \n\t ', []],
  ])('%j', (text, sentences) => {
    expect(late(text)).toEqual(sentences);
  });

  it('cuts endless sentences at a comma or a blank, never inside an address of reasonable length', () => {
    for (const piece of late('word '.repeat(200))) expect(piece.length).toBeLessThanOrEqual(182);
    for (const piece of late('好'.repeat(1_000))) expect(piece.length).toBeLessThanOrEqual(161);
    for (const piece of late('我们一起去玩，'.repeat(100))) {
      expect(piece.length).toBeLessThanOrEqual(81);
      expect(piece.endsWith('，')).toBe(true);
    }
    const url = `https://example.com/${'a'.repeat(220)}`;
    // A text without blanks is cut between words, not between a letter and its vowel sign.
    for (const piece of late('ประเทศไทย'.repeat(200)).slice(1)) expect(piece).toMatch(/^(?:ประเทศ|ไทย)/);
    expect(late(`Look here: ${url} and go on.`).some((piece) => piece.includes(url))).toBe(true);
  });

  it('does not wait for more than it needs', () => {
    const splitter = new SentenceSplitter();
    expect(splitter.push('Hello there.')).toEqual([]);
    expect(splitter.push(' ')).toEqual([]);
    expect(splitter.push('N')).toEqual(['Hello there.']);
    expect(splitter.push('o!')).toEqual([]);
    expect(splitter.flush()).toEqual(['No!']);
    expect(splitter.push('A line.\n')).toEqual(['A line.']);
  });

  it('streams', async () => {
    async function* reply() {
      yield 'Hello the';
      yield 're. How ';
      yield 'are you?';
    }
    const out: string[] = [];
    for await (const sentence of splitSentences(reply())) out.push(sentence);
    expect(out).toEqual(['Hello there.', 'How are you?']);
  });
});

describe('the first piece', () => {
  it.each([
    // At the first comma, colon or dash behind enough words.
    ['Sure thing, I can help, you know.', ['Sure thing,', 'I can help, you know.']],
    ['Well, that depends on you, of course.', ['Well, that depends on you,', 'of course.']],
    ['Hello, you.', ['Hello, you.']],
    ['Here is what I found: 5 apples.', ['Here is what I found:', '5 apples.']],
    ['That depends — a lot — on you.', ['That depends —', 'a lot — on you.']],
    ['It is a well-known fact - really.', ['It is a well-known fact -', 'really.']],
    ['好的，没问题，我来帮你，好吗？', ['好的，没问题，', '我来帮你，好吗？']],
    ['我来解释——其实很简单。', ['我来解释——其实很简单。']],
    ['让我来解释一下——其实很简单。', ['让我来解释一下——', '其实很简单。']],
    ['我喜欢苹果、香蕉和梨子。', ['我喜欢苹果、香蕉和梨子。']],
    // Not in a number, a date, a time or a short quotation.
    ['It cost us all of about one or two 1,000,000 coins.', ['It cost us all of about one', 'or two 1,000,000 coins.']],
    ['It was on May 5, 2024 at 10:30 here.', ['It was on May 5, 2024 at 10:30 here.']],
    ['She said “Sure thing, I can do it” to him.', ['She said “Sure thing, I can do it” to him.']],
    // Without a pause: before a clause, else a phrase.
    [
      'This is a well-known fact about the way that people learn a new language when they are young.',
      ['This is a well-known fact', 'about the way that people learn a new language when they are young.'],
    ],
    [
      'The reason the sky looks blue is that shorter wavelengths of light scatter more than longer ones.',
      ['The reason the sky looks blue', 'is that shorter wavelengths of light scatter more than longer ones.'],
    ],
    [
      'My old friend Ada Lovelace wrote programs for machines nobody had built yet back then.',
      ['My old friend Ada Lovelace wrote programs', 'for machines nobody had built yet back then.'],
    ],
    [
      '我昨天晚上没有睡好觉但是今天早上还是很早就起床去公司上班了。',
      ['我昨天晚上没有睡好觉', '但是今天早上还是很早就起床去公司上班了。'],
    ],
    ['The capital of France is Paris.', ['The capital of France is Paris.']],
  ])('%j', (text, pieces) => {
    expect(splitAll(text)).toEqual(pieces);
    expect(inChunks(text, 1)).toEqual(pieces);
  });

  it('is never more than about sixteen words or a few dozen hanzi, in any script', () => {
    const [english] = splitAll('one two '.repeat(60));
    expect(english!.split(' ').length).toBeLessThanOrEqual(16);
    expect(splitAll('我们今天下午一起去北京玩'.repeat(20))[0]!.length).toBeLessThanOrEqual(35);
    expect(splitAll('ประเทศไทยเป็นประเทศที่ตั้งอยู่ในภูมิภาคเอเชีย'.repeat(10))[0]!.length).toBeLessThanOrEqual(120);
  });

  it('goes as soon as the character behind the comma is known', () => {
    const splitter = new SentenceSplitter();
    expect(splitter.push('Sure thing,')).toEqual([]);
    expect(splitter.push(' ')).toEqual(['Sure thing,']);
  });

  it('is whole when nothing hurries', () => {
    expect(late('Sure thing, I can help, and so on, you know.')).toHaveLength(1);
  });
});

describe('properties', () => {
  const word = fc.constantFrom(
    'Hello',
    'Dr',
    'e.g',
    'U.S',
    '3.14',
    'https://a.bc/d?e=f',
    'me@x.org',
    '你好',
    '今天天气',
    '"',
    '”',
    ')',
    '(',
    '「',
    '」',
    '.',
    '...',
    '!',
    '?',
    '。',
    '！',
    '……',
    ',',
    '，',
    ' ',
    '  ',
    '\n',
    '😀',
    '👩‍👩‍👧',
    '𠮷',
    'No',
    'p.m',
    '1',
    'a',
    'etc',
    'supercalifragilistic'.repeat(5),
  );
  const prose = fc.array(word, { maxLength: 120 }).map((words) => words.join(''));
  const text = fc.oneof(prose, fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300 }));

  it('keeps every character that is not blank, in order', () => {
    fc.assert(
      fc.property(text, (s) => {
        expect(splitAll(s).join('').replace(/\s/gu, '')).toBe(s.replace(/\s/gu, ''));
      }),
    );
  });

  it('gives the same sentences for any chunking', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (s, size) => {
        expect(inChunks(s, size)).toEqual(splitAll(s));
      }),
    );
  });

  it('never cuts a surrogate pair, nor emits blanks or more than the cap', () => {
    fc.assert(
      fc.property(text, (s) => {
        for (const piece of splitAll(s)) {
          expect(piece.isWellFormed()).toBe(s.isWellFormed() || piece.isWellFormed());
          expect(piece.trim()).toBe(piece);
          expect(piece).not.toBe('');
          expect(piece.length).toBeLessThanOrEqual(400);
        }
      }),
    );
  });
});

/** Every character is judged with what waits, so a bound on what waits is what keeps time linear. */
describe('what waits is bounded', () => {
  it.each([
    ['dots', '.'],
    ['dots and blanks', '. '],
    ['quotes after stops', '."'],
    ['newlines', '\n'],
    ['letters', 'a'],
    ['initials', 'A.'],
    ['commas', ','],
    ['numbers and blanks', '1 '],
    ['open quotes', '“a '],
    ['surrogates', '😀'],
    ['sentences', 'Yes. '],
  ])('over 300 KB of %s', (_name, unit) => {
    const splitter = new SentenceSplitter();
    let most = 0;
    let out = 0;
    for (let i = 0; i < 300_000 / unit.length; i++) {
      for (const piece of splitter.push(unit)) out += piece.length;
      most = Math.max(most, splitter.waiting);
    }
    for (const piece of splitter.flush()) out += piece.length;
    expect(most).toBeLessThanOrEqual(400);
    expect(splitter.waiting).toBe(0);
    if (/\S/.test(unit)) expect(out).toBeGreaterThan(100_000);
  });
});
