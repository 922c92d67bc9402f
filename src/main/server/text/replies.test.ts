import { describe, expect, it } from 'vitest';
import { splitSentences } from './sentences';
import { speakable } from './speakable';

const sentences = async (pieces: Iterable<string>): Promise<string[]> => {
  const out: string[] = [];
  for await (const sentence of splitSentences(speakable(pieces))) out.push(sentence);
  return out;
};

/** Replies as language models write them, with the pieces that the voice gets. */
const REPLIES: [name: string, reply: string, pieces: string[]][] = [
  ['a greeting', 'Hello! 👋 How can I help you today?', ['Hello!', 'How can I help you today?']],
  [
    'steps',
    [
      "Sure thing, here's how to reset your password:",
      '',
      '1. **Open Settings** – click the ⚙️ icon.',
      '2. Go to **Account → Security**',
      '3. Click `Reset password`, then check your e-mail',
      '',
      "Let me know if you're stuck! 😊",
    ].join('\n'),
    [
      'Sure thing,',
      "here's how to reset your password:",
      'Open Settings – click the icon.',
      'Go to Account, Security.',
      'Click Reset password, then check your e-mail.',
      "Let me know if you're stuck!",
    ],
  ],
  [
    'an article with headings',
    [
      '## Why is the sky blue?',
      '',
      'The reason the sky looks blue is that shorter wavelengths of light scatter more strongly (by *Rayleigh scattering*[1]) than longer ones.',
      '',
      '### In short',
      '- Blue scatters ~5.5 times more than red, i.e. a lot',
      '- At sunset, e.g. at 6:30 p.m., red is left.',
      '',
      '---',
      'See [Wikipedia](https://en.wikipedia.org/wiki/Rayleigh_scattering) or https://www.nasa.gov/sky?x=1.',
    ].join('\n'),
    [
      'Why is the sky blue?',
      'The reason the sky looks blue is that shorter wavelengths of light scatter more strongly (by Rayleigh scattering) than longer ones.',
      'In short.',
      'Blue scatters ~5.5 times more than red, i.e. a lot.',
      'At sunset, e.g. at 6:30 p.m., red is left.',
      'See Wikipedia or nasa.gov.',
    ],
  ],
  [
    'code',
    [
      'You can use a list comprehension:',
      '',
      '```python',
      'squares = [x * x for x in range(10)]  # fast',
      '```',
      '',
      'Here `squares` holds 10 numbers, from 0 to 81.',
    ].join('\n'),
    ['You can use a list comprehension:', 'Here is some code.', 'Here squares holds 10 numbers, from 0 to 81.'],
  ],
  [
    'a table',
    [
      '| Plan | Price |',
      '|:-----|------:|',
      '| Basic | $5 |',
      '| Pro | $10.50 |',
      '',
      'Dr. Lee from Acme Inc. likes the **Pro** plan.',
    ].join('\n'),
    ['Plan, Price.', 'Basic, $5.', 'Pro, $10.50.', 'Dr. Lee from Acme Inc. likes the Pro plan.'],
  ],
  [
    'long prose without a pause',
    'Photosynthesis is the process by which green plants and some other organisms use sunlight to make food from carbon dioxide and water. It needs light.',
    [
      'Photosynthesis is the process',
      'by which green plants and some other organisms use sunlight to make food from carbon dioxide and water.',
      'It needs light.',
    ],
  ],
  [
    'mathematics and a quotation',
    'By definition, $E = mc^2$. Einstein said: "Make it simple, but not simpler." That was in 1905 &mdash; v1.0, so to speak.',
    [
      'By definition,',
      'E = mc^2.',
      'Einstein said: "Make it simple, but not simpler."',
      'That was in 1905 — v1.0, so to speak.',
    ],
  ],
  [
    'Chinese steps',
    [
      '当然可以！😄 步骤如下：',
      '',
      '1. **打开设置**，点击“账户”',
      '2. 选择*安全*选项；',
      '3. 输入新密码（至少8位）',
      '',
      '如果还有问题，请访问https://example.com/帮助。',
    ].join('\n'),
    [
      '当然可以！',
      '步骤如下：',
      '打开设置，点击“账户”。',
      '选择安全选项；',
      '输入新密码（至少8位）。',
      '如果还有问题，请访问example.com帮助。',
    ],
  ],
  [
    'Chinese prose',
    '好的，没问题，我来解释一下。Python是一种编程语言，它的版本是3.12。你想学吗？！太好了……我们开始吧',
    [
      '好的，没问题，',
      '我来解释一下。',
      'Python是一种编程语言，它的版本是3.12。',
      '你想学吗？！',
      '太好了……我们开始吧',
    ],
  ],
  [
    'Chinese without a pause',
    '北京是中华人民共和国的首都和政治文化中心也是世界上人口最多的城市之一。欢迎你来。',
    ['北京是中华人民共和国的首都', '和政治文化中心也是世界上人口最多的城市之一。', '欢迎你来。'],
  ],
  [
    'Chinese with code and a table',
    [
      '代码如下',
      '```js',
      'console.log("你好")',
      '```',
      '| 城市 | 人口 |',
      '|---|---|',
      '| 上海 | 2487万 |',
      '希望有帮助～',
    ].join('\n'),
    ['代码如下。', '这里有一段代码。', '城市，人口。', '上海，2487万。', '希望有帮助～'],
  ],
  [
    'Japanese',
    'はい、「いいですよ。」と言いました。**本当**です！',
    ['はい、「いいですよ。」と言いました。', '本当です！'],
  ],
  ['Spanish', '¿Qué tal? ¡Muy bien! El Sr. López llegó.', ['¿Qué tal?', '¡Muy bien!', 'El Sr. López llegó.']],
  ['Hindi', 'नमस्ते। **आप** कैसे हैं?\n- ठीक', ['नमस्ते।', 'आप कैसे हैं?', 'ठीक।']],
  ['Arabic', 'مرحبا! كيف حالك؟ أنا **بخير**.', ['مرحبا!', 'كيف حالك؟', 'أنا بخير.']],
  ['only emoji', '😀 👩‍👩‍👧\n\n🇩🇪1️⃣', []],
];

describe('what the voice gets of a reply', () => {
  it.each(REPLIES)('%s', async (_name, reply, pieces) => {
    expect(await sentences([reply])).toEqual(pieces);
    expect(await sentences(reply)).toEqual(pieces); // a string is iterable, character by character
  });
});
