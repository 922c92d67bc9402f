import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasSpeech, Speakable, speakable } from './speakable';

const spoken = (text: string, size = text.length) => {
  const speech = new Speakable();
  let out = '';
  for (let i = 0; i < text.length; i += Math.max(1, size)) out += speech.push(text.slice(i, i + size));
  return out + speech.flush();
};

describe('what is said of a text', () => {
  it.each([
    // Emphasis, and what only looks like it.
    ['**Bold**, *it*, __b__, _i_, ~~gone~~, ***both***.', 'Bold, it, b, i, gone, both.'],
    ['**重点**内容，这是*强调*的。', '重点内容，这是强调的。'],
    ['2*3 and 5 * 4 and 2**8 and snake_case and ~5', '2*3 and 5 * 4 and 2**8 and snake_case and ~5'],
    ['A price* and an unclosed **bold', 'A price and an unclosed bold'],
    ['Escaped \\*stars\\* and 1\\. dots', 'Escaped *stars* and 1. dots'],
    // Blocks.
    ['# Title\n\nText\n## Really?\nMore', 'Title.\nText.\nReally?\nMore'],
    ['##标题\n正文', '标题。\n正文'],
    ['Do:\n- one\n  - two!\n* three\n1. four\n2) five', 'Do:\none.\ntwo!\nthree.\nfour.\nfive.\n'],
    ['步骤：\n1. 打开\n2.点击“开始”\n3、结束\n（4）再见', '步骤：\n打开。\n点击“开始”。\n结束。\n再见。\n'],
    ['- [ ] buy milk\n- [x] call Anna', 'buy milk.\ncall Anna.\n'],
    ['-5 degrees, 3.14 and 10:30', '-5 degrees, 3.14 and 10:30'],
    ['> a quote that\n> goes on\n\nafter', 'a quote that goes on.\nafter'],
    ['one\n\n---\n\n***\ntwo', 'one.\ntwo'],
    ['| Name | Age |\n|---|:-:|\n| Anna | 5 |\n| Bob | |', 'Name, Age.\nAnna, 5.\nBob.\n'],
    ['| 名字 | 年龄 |\n| --- | --- |\n| 安娜 | 五岁 |', '名字，年龄。\n安娜，五岁。\n'],
    ['Look:\n```py\n# no\nprint("**")\n```\nDone.', 'Look:\nHere is some code.\nDone.'],
    ['看：\n\n```\n`a`\n```\n好', '看：\n这里有一段代码。\n好'],
    ['```\nx\n```\n\n完成。', '这里有一段代码。\n完成。'],
    ['これを見て：\n~~~\nx\n```\n~~~\n', 'これを見て：\nここにコードがあります。\n'],
    ['```\nnever closed', 'Here is some code.'],
    // Lines.
    [
      'A line of prose that is long enough to be\nwrapped at a column goes on.',
      'A line of prose that is long enough to be wrapped at a column goes on.',
    ],
    ['A Title\nIt is about this.', 'A Title.\nIt is about this.'],
    ['床前明月光，\n疑是地上霜', '床前明月光，疑是地上霜'],
    ['one \r\n\r\n\t two', 'one.\ntwo'],
    // Links and addresses.
    ['See [the **docs**](https://x.y/z_(a)?b=c "t") and ![a cat](cat.png).', 'See the docs and a cat.'],
    ['Wow![1] A [note] and a list[0], [text][ref].', 'Wow! A note and a list, text.'],
    ['At https://www.example.com/a/b?c=d, (http://foo.org/x_y). www.bar.com!', 'At example.com, (foo.org). bar.com!'],
    ['https://me:pw@a.example.com:8010/x. HTTP://B.ORG', 'a.example.com. B.ORG'],
    ['请访问https://example.com。或者<https://a.cn/x>', '请访问example.com。或者a.cn'],
    ['Mail me@example.co.uk, the www. and https:// too.', 'Mail me@example.co.uk, the www. and https:// too.'],
    [`[x](https://e.com/${'a'.repeat(2_000)}) y`, 'x y'],
    // Citations, HTML, mathematics.
    ['Paris [1]. Rome [2,3], 【4†source】 too. Oslo[^5].', 'Paris. Rome, too. Oslo.'],
    ['【标题】正文 【2024年】', '【标题】正文 【2024年】'],
    ['a &lt;b&gt; &amp; c&nbsp;&#8364; &#x1F600; &nope; R&D', 'a <b> & c € &nope; R&D'],
    ['<b>bold</b> H<sub>2</sub>O<br>next <!-- no -->x<y, <name> <3', 'bold H2O.\nnext x<y, <name> <3'],
    ['$x^2$, \\(a \\times b\\), $$c$$; $5 to $10, US$5, 100$', 'x^2, a times b, c; $5 to $10, US$5, 100$'],
    // Code within a line is read as it stands.
    ['Use `snake_case *x*` and ``a``.', 'Use snake_case *x* and a.'],
    // Emoji and what cannot be seen.
    ['Hi 😀! 👩‍👩‍👧 Bye 🇩🇪 1️⃣ 👍🏽', 'Hi! Bye'],
    ['Wow😀nice 好😀的 © 2024', 'Wow nice 好的 © 2024'],
    ['a\u200bb\u00adc \u202ed\ufeff\u0007\ufdd1', 'abc d'],
    ['می\u200cخواهم क्\u200dष', 'می\u200cخواهم क्\u200dष'],
    ['What‽ No⁉', 'What?! No!?'],
    ['😀😀 👍\n\n🎉', ''],
    ['', ''],
  ])('%j', (text, expected) => {
    expect(spoken(text)).toBe(expected);
    expect(spoken(text, 1)).toBe(expected);
  });
});

const part = fc.constantFrom(
  ...'* ** _ ~~ # ## - + > | |- --- ``` ` [ ] ( ) ![ ]( 【1†s】 [1] < > <br> <b> </b> <!-- --> & &amp; $ $$ \\ \\( { }'.split(
    ' ',
  ),
  ...'word Word 你好 。 . , ！ 1. 1) 2、 （1） 3.14 https://a.bc/d(e)?f www.x.yz me@x.org 😀 👩‍👩‍👧 1️⃣ 🇩🇪 \u200d \ufe0f \ufdd0 می\u200cخ'.split(
    ' ',
  ),
  ' ',
  '  ',
  '\n',
  '\n\n',
  '\r\n',
  '\r',
  '\n```\n',
  '𠮷',
);
const marked = fc.array(part, { maxLength: 80 }).map((parts) => parts.join(''));
const text = fc.oneof(marked, fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 200 }));

describe('properties', () => {
  it('gives the same text for any chunking', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 30 }), (s, size) => {
        expect(spoken(s, size)).toBe(spoken(s));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves nothing behind for the next text', () => {
    fc.assert(
      fc.property(text, text, (first, second) => {
        const speech = new Speakable();
        speech.push(first);
        speech.flush();
        expect(speech.waiting).toBe(0);
        expect(speech.push(second) + speech.flush()).toBe(spoken(second));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps every word of plain prose', () => {
    const word = fc.stringMatching(/^[A-Za-zäéñа-я]{1,12}[,;:.!?]?$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (words) => {
        expect(spoken(words.join(' '))).toBe(words.join(' '));
      }),
    );
  });

  it('says no emoji, no blank twice, nothing that cannot be seen', () => {
    fc.assert(
      fc.property(marked, (s) => {
        const out = spoken(s);
        expect(out).not.toMatch(/\p{Emoji_Presentation}|[\ufdd0-\ufdd3]|\ufe0f|\s\s/u);
        expect(out.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('what waits', () => {
  it('is nothing of plain prose but the beginning of what may be an address', () => {
    const speech = new Speakable();
    let out = '';
    for (const word of 'Hello there, how well does the world wait today?'.split(/(?<= )/)) {
      out += speech.push(word);
      expect(speech.waiting).toBe(0);
    }
    expect(out).toBe('Hello there, how well does the world wait today?');
  });

  it.each([
    ['letters', 'a'],
    ['stars', '*'],
    ['dashes', '-'],
    ['brackets', '['],
    ['targets', '[x]('],
    ['one long target', '[x](https://', 'a'],
    ['tags', '<b '],
    ['comments', '<!--'],
    ['entities', '&a'],
    ['fences', '```'],
    ['code', '```\n', 'x`'],
    ['rows', '|-'],
    ['blanks', '> '],
    ['addresses', 'https://', 'a.'],
    ['paths', 'https://a.b/', '.a'],
    ['sources', '【1'],
    ['backslashes', '\\'],
    ['digits', '1'],
    ['line ends', '\n'],
    ['emoji', '👩‍'],
  ])('is bounded for 100,000 characters of %s', (_name, first, unit = first) => {
    const speech = new Speakable();
    let most = 0;
    speech.push(first);
    for (let i = 0; i < 100_000 / unit.length; i++) {
      speech.push(unit);
      most = Math.max(most, speech.waiting);
    }
    expect(most).toBeLessThanOrEqual(600);
    speech.flush();
    expect(speech.waiting).toBe(0);
  });
});

it('streams, and leaves out empty pieces', async () => {
  const out: string[] = [];
  for await (const piece of speakable(['**', 'Hel', '', 'lo** ', '😀', 'you'])) out.push(piece);
  expect(out).toEqual(['Hel', 'lo', ' you']);
});

it('knows what has nothing to say', () => {
  for (const mute of ['', ' \n', '😀', '?!…', '🇩🇪']) expect(hasSpeech(mute)).toBe(false);
  for (const said of ['a', '5', '你', '€']) expect(hasSpeech(said)).toBe(true);
});
