import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright';
import { wav } from './audio-files';
import { launchChromium } from './browser';
import { presenterFootage, writeLiveTalkingFolder } from './livetalking-folder';
import { answerOf, type LlmServer, startLlmServer } from './llm-server';
import { root, startTestServer, type TestServer } from './server';

/**
 * Pictures of every panel of the studio for docs/screenshots, light and dark, English and Chinese, made on a server of their own.
 * Names of panels as arguments make only those. A new panel is one entry of PANELS.
 */
type Language = 'en' | 'zh';
type Theme = 'light' | 'dark';

const OUT = join(root, 'docs', 'screenshots');
const DESK = { width: 1280, height: 800 };
const WEBP_QUALITY = 0.78;
const OPENING_MS = 900;
/** Long enough for the charts of the server panel to have a shape. */
const CHARTS_MS = 15_000;

const WORDS = {
  en: {
    hello: 'Hello, I am Clara. Type a line and I say it aloud.',
    question: 'My name is Anna. What can you do?',
    answer: 'Nice to meet you, Anna. I read your news, answer questions and speak with your own recordings.',
    line: 'The red button records me, and a clip needs no viewer at all: a text becomes a video file.',
    clip: 'Welcome to the evening news.',
    script: 'Good evening, and welcome.\nFirst, a look at the weather: mild and dry.\nThat was the news. Good night.\n',
    persona: 'You are Clara, a friendly newsreader. Answer in two short sentences.',
    performances: ['Wave', 'Look around', 'Applause'],
  },
  zh: {
    hello: '您好，我是 Clara。输入一句话，我就会说出来。',
    question: '我叫安娜，你能做什么？',
    answer: '很高兴认识您，安娜。我可以播报新闻、回答问题，还能用您的录音开口说话。',
    line: '点击红色按钮即可录制；制作短片无需有人观看，文字会直接变成视频文件。',
    clip: '欢迎收看晚间新闻。',
    script: '各位观众晚上好。\n首先来看天气：温和少雨。\n今天的新闻就到这里，晚安。\n',
    persona: '你是 Clara，一位亲切的新闻主播。请用两句话回答。',
    performances: ['挥手', '环顾四周', '鼓掌'],
  },
} as const;

interface View {
  page: Page;
  language: Language;
}

const tab =
  (en: string, zh: string) =>
  ({ page, language }: View) =>
    page.getByRole('tab', { name: language === 'en' ? en : zh }).click();
const press =
  (en: string | RegExp, zh: string | RegExp) =>
  ({ page, language }: View) =>
    // The whole name: a message about a recording has a button that leads to the recordings, too.
    page
      .getByRole('button', { name: language === 'en' ? en : zh, exact: true })
      .first()
      .click();

/** A part of the server panel. */
const server = (en: string, zh: string) => async (view: View) => {
  await press('Server', '服务器')(view);
  await tab(en, zh)(view);
};

const inDrawer =
  (en: string, zh: string) =>
  ({ page, language }: View) =>
    page
      .getByRole('dialog')
      .getByRole('tab', { name: language === 'en' ? en : zh })
      .click();

/** What is done to see a panel. After each the page goes back to the conversation. */
const PANELS: Record<string, (view: View) => Promise<unknown>> = {
  chat: async () => undefined,
  script: tab('Script', '台词'),
  audio: tab('Audio', '音频'),
  performances: press('Perform', '表演'),
  voices: press(/^Voice:/, /^声音：/),
  presenters: async (view) => {
    await press(/^Presenter:/, /^数字人：/)(view);
    await view.page
      .getByRole('menuitem', { name: view.language === 'en' ? 'Manage presenters…' : '管理数字人…' })
      .click();
  },
  lips: async (view) => {
    await press(/^Voice:/, /^声音：/)(view);
    await inDrawer('Lips', '口型')(view);
  },
  downloads: async (view) => {
    await press(/^Voice:/, /^声音：/)(view);
    await view.page.getByRole('radio', { name: view.language === 'en' ? 'Download more' : '下载更多' }).check();
  },
  signal: press('Signal', '信号'),
  keys: press('Keyboard shortcuts', '键盘快捷键'),
  model: async ({ page, language }) => {
    await page.getByRole('radio', { name: language === 'en' ? 'Ask' : '提问' }).check();
    await page.getByRole('button', { name: language === 'en' ? 'Model and persona' : '模型与人设' }).click();
  },
  settings: press('Settings', '设置'),
  recordings: press('Recordings', '录像'),
  clips: async (view) => {
    await press('Recordings', '录像')(view);
    await view.page.getByRole('radio', { name: view.language === 'en' ? 'Clips' : '短片' }).check();
    await view.page.mouse.move(0, 0); // away from what explains itself when it is pointed at
  },
  server: async (view) => {
    await server('Overview', '概览')(view);
    await sleep(CHARTS_MS);
  },
  'server-sessions': async (view) => {
    // Of a program, beside the page's own.
    await view.page.evaluate(async () => {
      const { data } = await (await fetch('/api/admin/sessions')).json();
      if (data.sessions.length < 2) await fetch('/api/sessions', { method: 'POST' });
    });
    await server('Sessions', '会话')(view);
    await view.page
      .getByText(view.language === 'en' ? /pictures\/s/ : /每秒/)
      .nth(1)
      .waitFor();
  },
  'server-outputs': server('Outputs', '推流'),
  'server-access': server('Access', '访问权限'),
  'server-log': server('Log', '日志'),
  'server-connect': server('Connect', '接入'),
};

class Studio {
  private constructor(
    private readonly folder: string,
    private readonly llm: LlmServer,
    private readonly server: TestServer,
    private readonly browser: Browser,
    private readonly language: Language,
  ) {}

  static async open(language: Language): Promise<Studio> {
    const folder = mkdtempSync(join(tmpdir(), 'herald-pictures-'));
    const video = join(root, 'resources', 'presenters', 'clara', 'idle.mp4');
    const actions = WORDS[language].performances.map((name, i) => ({ audiotype: i + 2, video, name }));
    writeFileSync(join(folder, 'actions.json'), JSON.stringify(actions));
    const llm = await startLlmServer({ script: answerOf(WORDS[language].answer) });
    // Not as flags: what those say cannot be changed in the panels, which is not how they should be shown.
    const settings = { llm_base_url: llm.url, llm_model: 'scripted', llm_system_prompt: WORDS[language].persona };
    const dataDir = join(folder, 'data');
    await writeTallClara(join(dataDir, 'avatars', 'Clara 9x16'));
    writeFileSync(join(dataDir, 'settings.json'), JSON.stringify(settings));
    const flags = ['--max_session', '4', '--customvideo_config', join(folder, 'actions.json')];
    const server = await startTestServer(flags, { dataDir });
    return new Studio(folder, llm, server, await launchChromium(), language);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    await this.llm.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async look(theme: Theme, size = DESK): Promise<View & { close(): Promise<void> }> {
    const context = await this.browser.newContext({
      viewport: size,
      colorScheme: theme,
      reducedMotion: 'reduce',
      locale: this.language === 'en' ? 'en-GB' : 'zh-CN',
      hasTouch: size.width < 500,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(this.server.url);
    await page.locator('[data-testid="status"][data-state="connected"]').waitFor();
    return { page, language: this.language, close: () => context.close() };
  }

  /** Lets the presenter say and answer something, record it, and read a script and a recording. */
  async prepare({ page }: View): Promise<void> {
    const words = WORDS[this.language];
    const composer = page.locator('#composer');
    const said = (count: number) =>
      page
        .locator('[data-testid="line"][data-state="said"]')
        .nth(count - 1)
        .waitFor({ timeout: 120_000 });
    await page.getByTestId('record').click();
    await page.locator('[data-testid="record"][data-state="on"]').waitFor();
    await composer.fill(words.hello);
    await page.keyboard.press('Enter');
    await said(1);
    await composer.fill(words.question);
    await page.keyboard.press('Control+Enter');
    await said(2);
    await page.getByTestId('record').click();
    await page.locator('[data-testid="record"][data-state="off"]').waitFor();
    for (const name of ['script', 'audio'] as const) {
      await PANELS[name]?.({ page, language: this.language });
      await sleep(OPENING_MS);
      const buffer = name === 'script' ? Buffer.from(words.script) : melody();
      const file =
        name === 'script'
          ? { name: 'news.txt', mimeType: 'text/plain' }
          : { name: 'interview.wav', mimeType: 'audio/wav' };
      await page
        .getByTestId(name === 'script' ? 'script-input' : 'recording-input')
        .first()
        .setInputFiles({ ...file, buffer });
      await sleep(OPENING_MS);
    }
    await page.getByRole('tab').first().click();
    for (const close of await page.locator('.mantine-Notification-closeButton').all()) await close.click();
  }

  /** Leaves something of the conversation being spoken, so that the picture shows it. */
  async speak({ page }: View): Promise<void> {
    const composer = page.locator('#composer');
    await composer.fill(WORDS[this.language].line);
    await page.keyboard.press('Enter');
    await page.locator('mark').waitFor();
    await sleep(1_500);
  }
}

/** The shipped presenter as an imported folder in upright pictures: a gallery has more than one. */
async function writeTallClara(dir: string): Promise<void> {
  const [widthPx, heightPx] = [360, 640];
  const clara = join(root, 'resources', 'presenters', 'clara');
  const { draw, topPx } = await presenterFootage(clara, widthPx, heightPx);
  const box = (): [number, number, number, number] => [topPx + 130, topPx + 260, 115, 245];
  await writeLiveTalkingFolder(dir, { pictures: 8, widthPx, heightPx, faceSizePx: 96, draw, box });
}

/** Six seconds of something that has the shape of speech. */
const melody = (): Buffer =>
  wav(6 * 16_000, 16_000, 1, (i) => {
    const loud = Math.max(0, Math.sin(i / 2_600) * Math.sin(i / 9_100)) * 0.7;
    return loud * Math.sin((i * 2 * Math.PI * (150 + 40 * Math.sin(i / 5_000))) / 16_000);
  });

/** A picture of the page as WebP: a third of the PNG. Another page of the browser compresses it. */
async function save({ page }: View, name: string): Promise<void> {
  const png = (await page.screenshot()).toString('base64');
  const press = await page.context().newPage();
  const webp = await press.evaluate(
    async ([data, quality]) => {
      const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
      const canvas = new OffscreenCanvas(picture.width, picture.height);
      canvas.getContext('2d')?.drawImage(picture, 0, 0);
      const blob = await canvas.convertToBlob({ type: 'image/webp', quality: quality as number });
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    [png, WEBP_QUALITY] as const,
  );
  await press.close();
  await page.bringToFront();
  writeFileSync(join(OUT, `${name}.webp`), Buffer.from(webp));
  process.stdout.write(`${name}.webp ${Math.round(webp.length / 1_000)} kB\n`);
}

async function pictures(studio: Studio, language: Language, theme: Theme, wanted: string[]): Promise<void> {
  const view = await studio.look(theme);
  try {
    await studio.prepare(view);
    for (const [name, show] of Object.entries(PANELS)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      try {
        if (name === 'chat') await studio.speak(view);
        await show(view);
        await sleep(OPENING_MS);
        await save(view, `${name}-${theme}-${language}`);
      } catch (error) {
        process.exitCode = 1;
        process.stderr.write(`${name}-${theme}-${language}: ${(error as Error).message.split('\n')[0]}\n`);
      }
      if (name === 'signal') await show(view);
      for (let i = 0; i < 2; i++) await view.page.keyboard.press('Escape');
      await sleep(300);
      await view.page.getByRole('tab').first().click();
    }
    if (theme === 'light') return;
    for (const [name, size] of [
      ['small', { width: 1024, height: 640 }],
      ['phone', { width: 390, height: 844 }],
    ] as const) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      await view.page.setViewportSize(size);
      await sleep(OPENING_MS);
      await save(view, `${name}-${theme}-${language}`);
    }
  } finally {
    await view.close();
  }
}

mkdirSync(OUT, { recursive: true });
const wanted = process.argv.slice(2);
for (const language of ['en', 'zh'] as const) {
  const studio = await Studio.open(language);
  try {
    for (const theme of ['light', 'dark'] as const) await pictures(studio, language, theme, wanted);
  } finally {
    await studio.close();
  }
}
const bytes = readdirSync(OUT).reduce((sum, file) => sum + statSync(join(OUT, file)).size, 0);
process.stdout.write(`${readdirSync(OUT).length} pictures, ${(bytes / 1e6).toFixed(2)} MB in docs/screenshots\n`);
