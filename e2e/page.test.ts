import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { wav } from '../testing/audio-files';
import { dropSound, launchChromium } from '../testing/browser';
import { findChromium, INSTALL_CHROMIUM } from '../testing/chromium.mjs';
import { answerOf, failureOf, type LlmServer, startLlmServer } from '../testing/llm-server';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';
import { audible, listen, silent, TALK_LABELS, talksAndKeepsStill } from '../testing/talking';

const chromium = findChromium();
if (!chromium) console.warn(INSTALL_CHROMIUM);

const LONG = 'This is a long announcement. '.repeat(12).trim();

/** A buzzing tone as a WAV file. */
const buzz = (seconds: number) => wav(seconds * 16_000, 16_000, 1, (i) => (((i % 100) - 50) * 250) / 32_767);

/** Mean brightness and spread of the picture on stage. */
const look = (page: Page) =>
  page.evaluate(() => {
    const video = document.querySelector('video') as HTMLVideoElement;
    const canvas = new OffscreenCanvas(32, 32);
    const ink = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
    ink.drawImage(video, 0, 0, 32, 32);
    const values = [...ink.getImageData(0, 0, 32, 32).data].filter((_, i) => i % 4 === 1);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const spread = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    return { mean, spread, pictures: video.getVideoPlaybackQuality().totalVideoFrames, width: video.videoWidth };
  });

describe.skipIf(!chromium)('the studio page', () => {
  let server: TestServer;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    server = await startTestServer(['--max_session', '1']);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    // A server that died on the way, or that does not end cleanly, fails the file.
    expect(await server?.stop(), server?.output()).toBe(0);
  });
  beforeEach(() => {
    complaints = [];
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  /** Opens the page as a new visitor and waits until the presenter is there. */
  async function open(options: BrowserContextOptions = {}, url = server.url): Promise<Page> {
    page = await visit(options);
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(url);
    await ready();
    return page;
  }
  async function visit(options: BrowserContextOptions): Promise<Page> {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options });
    contexts.push(context);
    return context.newPage();
  }
  /** The same studio in another window, in Chinese. */
  async function openChineseToo(url = server.url): Promise<Page> {
    const chinese = await visit({ locale: 'zh-CN' });
    await chinese.goto(url);
    await statusOf(chinese, /^已就绪$/);
    return chinese;
  }
  const ready = () => status(/^(Ready|已就绪)$/);
  const status = (text: RegExp) => statusOf(page, text);
  const statusOf = (which: Page, text: RegExp) =>
    expect.poll(() => which.getByTestId('status').textContent(), { timeout: 15_000 }).toMatch(text);
  const line = (text: string) => page.getByTestId('line').filter({ hasText: text }).last();
  const lineState = (text: string, state: string) =>
    expect.poll(() => line(text).getAttribute('data-state'), { timeout: 20_000 }).toBe(state);
  const say = async (text: string) => {
    await page.getByLabel('Text to say').fill(text);
    await page.keyboard.press('Enter');
  };
  const ask = async (question: string) => {
    await page.getByRole('radio', { name: 'Ask' }).check();
    await page.getByLabel('Question').fill(question);
    await page.keyboard.press('Enter');
  };
  const sessions = async () =>
    (
      await getJson<{ data: { sessions: { audiotype: number; studio: boolean }[] } }>(
        `${server.url}/api/admin/sessions`,
      )
    ).data.sessions;
  const figure = (name: string) => page.locator(`[data-figure="${name}"]`).textContent();

  it('shows the presenter within seconds of opening, by itself, and its figures', async () => {
    const startedMs = Date.now();
    await open();
    await expect.poll(async () => (await look(page)).pictures, { timeout: 5_000 }).toBeGreaterThan(0);
    console.log(`page opened -> presenter: ${Date.now() - startedMs} ms`);
    const first = await look(page);
    expect(first.mean).toBeGreaterThan(20);
    expect(first.spread).toBeGreaterThan(10);
    await expect.poll(() => figure('fps'), { timeout: 10_000 }).toMatch(/^2[3-7]\.\d$/);
    expect(await figure('size')).toBe(`${first.width} × ${first.width}`);
    expect(await figure('codec')).toMatch(/H264|VP8/);
    expect(await figure('session')).toMatch(/^\d{6}$/);
    expect(await sessions()).toMatchObject([{ studio: true }]);
    expect(complaints).toEqual([]);
  });

  it('says what is typed: state, caption, sound, latency; and nothing on the page jumps', async () => {
    await open();
    await listen(page);
    await page.evaluate(() => {
      const jumps = { sum: 0, of: [] as string[] };
      Object.assign(window, { jumps });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const { value, sources } = entry as unknown as { value: number; sources: { node: Node | null }[] };
          jumps.sum += value;
          jumps.of.push(
            ...sources.map(({ node }) => `${value.toFixed(4)} ${(node as Element | null)?.outerHTML?.slice(0, 120)}`),
          );
        }
      }).observe({ type: 'layout-shift' });
    });
    await say('Good morning and welcome to the studio, where we have three things to show you today.');
    await status(/^Speaking$/);
    await lineState('Good morning', 'speaking');
    expect(await page.getByTestId('caption').textContent()).toContain('Good morning');
    await audible(page);
    expect(await figure('latency')).toMatch(/^\d+ ms$/);
    console.log(`request -> start event: ${await figure('latency')}`);
    await lineState('Good morning', 'said');
    await status(/^Ready$/);
    await expect.poll(() => page.getByTestId('caption').textContent(), { timeout: 4_000 }).toBe('');
    type Jumps = { sum: number; of: string[] };
    const jumps = await page.evaluate(() => (window as unknown as { jumps: Jumps }).jumps);
    expect(jumps.sum, jumps.of.join('\n')).toBeLessThan(0.01);
    expect(await page.getByLabel('Text to say').inputValue()).toBe('');
    expect(complaints).toEqual([]);
  });

  it('stops at Esc and at the button, queue included', async () => {
    await open();
    await listen(page);
    for (const stop of [
      () => page.keyboard.press('Escape'),
      () => page.getByRole('button', { name: 'Interrupt' }).click(),
    ]) {
      await say(LONG);
      await say('And this comes after it.');
      await lineState('long announcement', 'speaking');
      await audible(page);
      await stop();
      await lineState('long announcement', 'interrupted');
      await lineState('comes after', 'interrupted');
      await silent(page);
      await status(/^Ready$/);
    }
  });

  it.each(TALK_LABELS)(
    'is still or alive in silence, and either way its lips move with what is heard ($locale)',
    async (named) => {
      await open({ locale: named.locale });
      await talksAndKeepsStill(page, named);
    },
  );

  it('plays an uploaded file, and says why when it cannot', async () => {
    await open();
    await listen(page);
    const input = page.getByTestId('audio-input');
    await input.setInputFiles({ name: 'buzz.wav', mimeType: 'audio/wav', buffer: buzz(3) });
    await lineState('buzz.wav', 'speaking');
    await audible(page);
    expect(await page.getByTestId('caption').textContent()).toContain('buzz.wav');
    await lineState('buzz.wav', 'said');
    await input.setInputFiles({ name: 'notes.wav', mimeType: 'audio/wav', buffer: Buffer.from('not audio at all') });
    await page.getByText('That file could not be played').waitFor();
    await lineState('notes.wav', 'failed');
    expect(await line('notes.wav').textContent()).not.toMatch(/Error:|undefined|null/);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await expect.poll(() => page.getByText('That file could not be played').count()).toBe(0);
  });

  it('takes a file dropped anywhere', async () => {
    await open();
    await dropSound(page, { name: 'dropped.wav', bytes: buzz(1), invitation: 'Drop to let the presenter speak it' });
    await lineState('dropped.wav', 'said');
  });

  it('speaks Chinese after one press, and remembers it across a refresh, which reconnects at once', async () => {
    await open();
    await page.getByRole('button', { name: 'Switch to Chinese' }).click();
    await page.getByText('对话').first().waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    let offers = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/offer')) offers++;
    });
    await page.reload();
    await page.getByText('对话').first().waitFor();
    await ready();
    expect(offers, 'at once: no try before it was in vain').toBe(1);
    await page.getByLabel('要说的文字').fill('大家好，欢迎来到演播室。');
    await page.keyboard.press('Enter');
    await lineState('大家好', 'said');
  });

  it('works by keyboard alone, with a visible focus everywhere', async () => {
    await open();
    // The text box has the focus from the start.
    await page.keyboard.type('First line');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('second line');
    await page.keyboard.press('Enter');
    await lineState('second line', 'speaking');
    await page.keyboard.press('Escape');
    await lineState('second line', 'interrupted');
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      const focus = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        // A radio button shows its focus on the words beside it.
        const shown = element.matches('input[type=radio]') ? (element.nextElementSibling as HTMLElement) : element;
        const { outlineStyle, outlineWidth } = getComputedStyle(shown);
        const label = (element as HTMLInputElement).labels?.[0] ?? null;
        const name = element.ariaLabel || label?.textContent || element.textContent;
        return { name, visible: element === document.body || (outlineStyle !== 'none' && outlineWidth !== '0px') };
      });
      expect(focus.visible, focus.name).toBe(true);
      seen.add(focus.name);
    }
    for (const name of [
      'Switch to Chinese',
      'Disconnect',
      'Presenter: Clara',
      'Recordings',
      'Keyboard shortcuts',
      'Live',
      'Perform',
      'Start recording',
      'Interrupt',
      'Mute',
      'Volume',
      'Save this picture (PNG)',
      'Full screen',
      'Chat',
      'Search the conversation',
      'Clear the conversation',
      'Copy',
      'Change and send again',
      'Say again',
      'Voice: Automatic',
      'Audio file',
      'Signal',
    ]) {
      expect(
        [...seen].some((label) => label?.startsWith(name)),
        name,
      ).toBe(true);
    }
    expect([...seen]).toContain('Say');
    await page.getByRole('radio', { name: 'Live' }).focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(async () => (await sessions())[0]?.audiotype).toBe(1);
  });

  it('keeps the conversation: found, copied, changed and sent again, back after a refresh, cleared with undo', async () => {
    await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await say('The weather is fine.');
    await lineState('weather', 'said');
    await say('And now the sports.');
    await lineState('sports', 'said');
    await page.getByRole('button', { name: 'Search the conversation' }).click();
    await page.getByRole('textbox', { name: 'Search the conversation' }).fill('FINE weather');
    await page.getByText('1 line', { exact: true }).waitFor();
    expect(await page.getByTestId('line').count()).toBe(1);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByTestId('line').count()).toBe(2);
    await line('weather').hover();
    await line('weather').getByRole('button', { name: 'Copy' }).click();
    await line('weather').getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('The weather is fine.');
    await line('weather').getByRole('button', { name: 'Change and send again' }).click();
    const field = page.getByLabel('Text to say');
    await expect.poll(() => field.evaluate((element) => document.activeElement === element)).toBe(true);
    expect(await field.inputValue()).toBe('The weather is fine.');
    await field.fill('The weather is foul.');
    await page.keyboard.press('Enter');
    await lineState('foul', 'said');
    await page.reload();
    await ready();
    expect(await page.getByTestId('words').allTextContents()).toEqual([
      'The weather is fine.',
      'And now the sports.',
      'The weather is foul.',
    ]);
    await page.getByRole('button', { name: 'Clear the conversation' }).click();
    await page.getByText('Nothing said yet').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => page.getByTestId('line').count()).toBe(3);
    expect(complaints).toEqual([]);
  });

  it('saves the picture as a PNG, and has a key for it and for what else is often done', async () => {
    await open();
    await expect.poll(async () => (await look(page)).pictures, { timeout: 5_000 }).toBeGreaterThan(0);
    const { width } = await look(page);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save this picture (PNG)' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^herald-\d{4}-\d\d-\d\d-\d{6}\.png$/);
    const png = readFileSync(await download.path());
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(width);
    await page.getByLabel('Text to say').evaluate((element) => (element as HTMLElement).blur());
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    // What lies over the page takes the keys.
    await page.keyboard.press('2');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    expect((await sessions())[0]?.audiotype).toBe(0);
    await page.keyboard.press('2');
    await expect.poll(async () => (await sessions())[0]?.audiotype).toBe(1);
    await page.keyboard.press('m');
    await page.getByRole('button', { name: 'Unmute' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('typed at once');
    expect(await page.getByLabel('Text to say').inputValue()).toBe('typed at once');
  });

  it.each([
    { colorScheme: 'light', rules: undefined },
    // What is dark differs in its colours alone.
    { colorScheme: 'dark', rules: ['color-contrast'] },
  ] as const)('has no serious fault of accessibility on any panel ($colorScheme)', async ({ colorScheme, rules }) => {
    await open({ colorScheme, reducedMotion: 'reduce' });
    await say('A line to look at.');
    await lineState('A line', 'said');
    const faults: string[] = [];
    const check = async (panel: string) => {
      // Without frames the older way sees the same, and opens no page of its own for each look.
      const axe = new AxeBuilder({ page: page as never }).setLegacyMode();
      const { violations } = await (rules
        ? axe.withRules([...rules])
        : axe.withTags(['wcag2a', 'wcag2aa', 'wcag21aa'])
      ).analyze();
      for (const { id, impact, nodes } of violations) {
        if (impact !== 'serious' && impact !== 'critical') continue;
        faults.push(...nodes.map(({ html, target }) => `${panel}: ${id} at ${target} ${html.slice(0, 160)}`));
      }
    };
    const shut = async () => {
      await page.keyboard.press('Escape');
      await expect.poll(() => page.locator('[role=dialog], [role=menu], dialog[open]').count()).toBe(0);
    };
    await check('chat');
    for (const tab of ['Script', 'Audio']) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('tabpanel', { name: tab }).waitFor();
      await check(tab);
    }
    await page.getByRole('tab', { name: 'Chat' }).click();
    await page.getByRole('button', { name: 'Signal' }).click();
    for (const [name, opened] of [
      ['Presenter: Clara', page.getByRole('menu')],
      ['Perform', page.getByRole('menu')],
      ['Voice: Automatic', page.getByRole('radiogroup', { name: /^Voices of/ })],
      ['Keyboard shortcuts', page.getByRole('dialog')],
      ['Recordings', page.getByRole('dialog')],
    ] as const) {
      await page.getByRole('button', { name, exact: true }).click();
      await opened.first().waitFor();
      await check(name);
      await shut();
    }
    await page.getByRole('radio', { name: 'Ask' }).check();
    await page.getByRole('button', { name: 'Model and persona' }).click();
    await page.getByRole('textbox', { name: 'Persona' }).waitFor();
    await check('model');
    expect(faults).toEqual([]);
  });

  it('says at once, on the line, that no model is configured, and gives the words back', async () => {
    await open();
    await ask('Who are you?');
    await lineState('Who are you?', 'failed');
    expect(await line('Who are you?').textContent()).toMatch(/DASHSCOPE_API_KEY|llm_base_url/);
    expect(await page.getByLabel('Question').inputValue()).toBe('Who are you?');
    expect(await page.locator('.mantine-Notification-root').count()).toBe(0);
    // Ctrl+Enter says what Enter would ask.
    await page.getByLabel('Question').press('Control+Enter');
    await lineState('Who are you?', 'said');
    expect(await page.getByTestId('line').count()).toBe(1);
  });

  it('leads from such a line to the model and the persona, and saves what is set', async () => {
    await open();
    await ask('Who are you?');
    await lineState('Who are you?', 'failed');
    await line('Who are you?').getByRole('button', { name: 'Set up the model' }).click();
    await page.getByRole('textbox', { name: 'Persona' }).fill('You are Ada.');
    await page.getByRole('textbox', { name: 'Address of the service' }).fill('nonsense');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'llm_base_url' }).waitFor();
    await page.getByRole('textbox', { name: 'Address of the service' }).fill('');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('In effect with the next question').waitFor();
    const { data } = await getJson<{ data: { settings: { name: string; value: unknown }[] } }>(
      `${server.url}/api/settings`,
    );
    expect(data.settings.find(({ name }) => name === 'llm_system_prompt')?.value).toBe('You are Ada.');
  });

  it('lets choose a voice by its name, and speaks with it at the chosen speed', async () => {
    await open();
    await page.getByRole('button', { name: 'Voice: Automatic' }).click();
    const options = page.getByRole('radiogroup', { name: /^Voices of/ }).getByRole('radio');
    await expect.poll(() => options.count(), { timeout: 5_000 }).toBeGreaterThan(2);
    const groups = page.getByRole('radiogroup', { name: /^Voices of/ }).getByRole('group');
    expect(await groups.first().getAttribute('aria-labelledby')).toBe('voices-en');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    await page.getByRole('button', { name: 'Voice: Automatic' }).click();
    const name = (await page.getByTestId('voice-name').nth(2).textContent()) as string;
    await page.getByRole('textbox', { name: 'Name, language or country' }).fill(name);
    await page.keyboard.press('Enter');
    expect(await options.first().isChecked()).toBe(true);
    await page.getByRole('slider', { name: 'Speed' }).fill('1.3');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: `Voice: ${name}` }).waitFor();
    const asked = page.waitForRequest('**/human');
    await say('With another voice.');
    expect((await asked).postDataJSON()).toMatchObject({
      type: 'echo',
      tts: { voice: expect.any(String), speed: 1.3 },
    });
    await lineState('another voice', 'said');
  });

  it('leaves no session behind when the page is left, and comes and goes by its button', async () => {
    await open();
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await status(/^Not connected$/);
    await expect.poll(async () => (await sessions()).length, { timeout: 2_000 }).toBe(0);
    await page.getByRole('button', { name: 'Connect' }).first().click();
    await ready();
    await page.goto('about:blank');
    await expect.poll(async () => (await sessions()).length, { timeout: 2_000 }).toBe(0);
  });

  it('waits in line when the server is full', async () => {
    await open();
    const chinese = await openChineseToo();
    const taken = await postJson<{ sessionid: number }>(`${server.url}/api/sessions`, {});
    for (const which of [page, chinese]) {
      // As on another machine: a page of this one needs no place of its own.
      await which.route('**/offer', (route) => {
        const { 'x-herald-studio': _, ...headers } = route.request().headers();
        return route.continue({ headers });
      });
      await which.reload();
    }
    await status(/^Waiting for a place$/);
    await page.getByText('All places are taken').waitFor();
    await page.getByText(/Next try in \d s/).waitFor();
    await statusOf(chinese, /^排队中$/);
    await chinese.getByText('名额已满').waitFor();
    await chinese.getByText(/\d 秒后重试/).waitFor();
    await fetch(`${server.url}/api/sessions/${taken.sessionid}`, { method: 'DELETE' });
    // One place: whoever comes first has it, and the other gets it next.
    const isReady = async (which: Page) =>
      /^(Ready|已就绪)$/.test((await which.getByTestId('status').textContent()) ?? '');
    const readyPages = async () => [
      ...((await isReady(page)) ? [page] : []),
      ...((await isReady(chinese)) ? [chinese] : []),
    ];
    await expect.poll(async () => (await readyPages()).length, { timeout: 15_000 }).toBe(1);
    const [first] = await readyPages();
    await first!.getByRole('button', { name: /^(Disconnect|断开)$/ }).click();
    await statusOf(first === page ? chinese : page, /^(Ready|已就绪)$/);
  });

  it.each(['en-GB', 'zh-CN'])('fits from phone width up without sideways scrolling (%s)', async (locale) => {
    await open({ locale });
    for (const [width, height] of [
      [390, 844],
      [768, 1024],
      [1024, 640],
      [1920, 1080],
    ] as const) {
      await page.setViewportSize({ width, height });
      const size = await page.evaluate(() => {
        const { scrollWidth, scrollHeight } = document.documentElement;
        const cut = [...document.querySelectorAll<HTMLElement>('button, dt, dd, .status-pill')];
        return {
          scrollWidth,
          scrollHeight,
          cut: cut.filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0).map((e) => e.textContent),
        };
      });
      expect(size.scrollWidth, `${width}`).toBeLessThanOrEqual(width);
      if (width > 760) expect(size.scrollHeight, `${height}`).toBeLessThanOrEqual(height);
      expect(size.cut, `${width}`).toEqual([]);
    }
  });

  it('comes back by itself when the server was killed and started again', async () => {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    let other = await startTestServer(['--listenport', `${port}`]);
    try {
      await open({}, other.url);
      const chinese = await openChineseToo(other.url);
      await other.stop('SIGKILL');
      const killedMs = Date.now();
      await status(/^Reconnecting$/);
      console.log(`killed -> noticed: ${Date.now() - killedMs} ms`);
      await statusOf(chinese, /^正在重连$/);
      await chinese.getByText('连接已中断').waitFor();
      other = await startTestServer(['--listenport', `${port}`]);
      const backMs = Date.now();
      await ready();
      console.log(`restarted -> ready: ${Date.now() - backMs} ms`);
      await statusOf(chinese, /^已就绪$/);
      await say('We are back.');
      await lineState('We are back', 'said');
    } finally {
      await other.stop();
    }
  });

  it('starts silently with an obvious button where the browser blocks sound', async () => {
    const strict = await launchChromium(['--autoplay-policy=document-user-activation-required']);
    try {
      page = await (await strict.newContext({ locale: 'en-GB' })).newPage();
      await page.goto(server.url);
      // Hands off: whatever the driver evaluates in the page counts as somebody's touch, unless it says that it is none.
      const untouched = await page.context().newCDPSession(page);
      const expression = 'document.body.innerText.includes("Turn on sound")';
      await expect
        .poll(async () => (await untouched.send('Runtime.evaluate', { expression, userGesture: false })).result.value, {
          timeout: 15_000,
        })
        .toBe(true);
      const button = page.getByRole('button', { name: 'Turn on sound' });
      await button.waitFor();
      await expect.poll(async () => (await look(page)).pictures).toBeGreaterThan(10);
      await button.click();
      await expect.poll(() => button.count()).toBe(0);
      await sleep(200);
      expect(
        await page.evaluate(() => [document.querySelector('video')?.muted, document.querySelector('video')?.paused]),
      ).toEqual([false, false]);
    } finally {
      await strict.close();
    }
  });

  describe('in conversation', () => {
    let llm: LlmServer;
    let talking: TestServer;
    const SENTENCES = ['I am Ada, of this studio.', 'I read the news.', 'Ask me anything.'];

    beforeAll(async () => {
      llm = await startLlmServer({ script: answerOf('') });
      talking = await startTestServer(['--llm_base_url', llm.url, '--llm_model', 'scripted']);
    });
    afterAll(async () => {
      expect(await talking?.stop(), talking?.output()).toBe(0);
      await llm?.close();
    });

    const words = (text: string) => line(text).getByTestId('words').textContent();

    it('thinks, writes the answer as it comes, marks the sentence that sounds, and shows what it took', async () => {
      llm.script = answerOf(SENTENCES.join(' '), { firstTokenMs: 1_200, tokenMs: 40 });
      await open({}, talking.url);
      // Every sentence that was marked, in order: a look from outside now and then would miss a short one.
      await page.evaluate(() => {
        const heard: string[] = [];
        Object.assign(window, { heard });
        new MutationObserver(() => {
          const sounding = document.querySelector('[data-testid="line"] mark')?.textContent;
          if (sounding && sounding !== heard.at(-1)) heard.push(sounding);
        }).observe(document.body, { subtree: true, childList: true, characterData: true });
      });
      await ask('Who are you?');
      await lineState('Who are you?', 'thinking');
      await status(/^Thinking$/);
      await expect.poll(() => words('Who are you?').catch(() => ''), { timeout: 10_000 }).toMatch(/^I am/);
      await status(/^Speaking$/);
      await lineState('Who are you?', 'said');
      const heard = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
      // The first sentence may come in two: the voice begins before the model has finished it.
      expect(heard.join(' ')).toBe(SENTENCES.join(' '));
      expect(heard.length).toBeGreaterThanOrEqual(SENTENCES.length);
      expect(await words('Who are you?')).toBe(SENTENCES.join(' '));
      await expect.poll(() => figure('token')).toMatch(/^\d{4,} ms$/);
      expect(await figure('sound')).toMatch(/^\d{4,} ms$/);
      expect(complaints).toEqual([]);
    });

    it('answers in Chinese, on a Chinese page', async () => {
      llm.script = answerOf('我是这里的主播。');
      await open({ locale: 'zh-CN' }, talking.url);
      await listen(page);
      await page.getByRole('radio', { name: '提问' }).check();
      await page.getByLabel('问题').fill('你是谁？');
      await page.keyboard.press('Enter');
      await status(/^正在说话$/);
      await audible(page);
      await lineState('你是谁？', 'said');
      expect(await words('你是谁？')).toBe('我是这里的主播。');
      // What went wrong at the server is told in the page's language, too.
      llm.script = failureOf(401, { message: 'Incorrect API key' });
      await page.getByLabel('问题').fill('还在吗？');
      await page.keyboard.press('Enter');
      await lineState('还在吗？', 'failed');
      await line('还在吗？').getByText('服务需要密钥（401）').waitFor();
      expect(complaints).toEqual([]);
    });

    it('stops in the middle of an answer, and closes the model’s request', async () => {
      llm.script = answerOf(LONG, { tokenMs: 60 });
      await open({}, talking.url);
      await ask('Tell me more.');
      await lineState('Tell me more.', 'speaking');
      await page.keyboard.press('Escape');
      await lineState('Tell me more.', 'interrupted');
      await status(/^Ready$/);
      expect(await llm.requests.at(-1)?.ended).toBe('closed by client');
      const kept = await words('Tell me more.');
      expect(kept).toMatch(/^This is a long/);
      await sleep(500);
      expect(await words('Tell me more.')).toBe(kept);
    });

    it('keeps the sentence that sounds in view, unless the reader has scrolled up', async () => {
      llm.script = answerOf(`${LONG} ${LONG}`);
      await open({ viewport: { width: 1280, height: 640 } }, talking.url);
      await ask('Say a lot.');
      await lineState('Say a lot.', 'speaking');
      const list = page.getByRole('list', { name: 'Conversation' });
      const markInView = () =>
        list.evaluate((element) => {
          const mark = element.querySelector('mark')?.getBoundingClientRect();
          const { top, bottom } = element.getBoundingClientRect();
          return mark !== undefined && mark.top >= top && mark.bottom <= bottom;
        });
      await expect.poll(markInView).toBe(true);
      await list.hover();
      await page.mouse.wheel(0, -4_000);
      const toEnd = page.getByRole('button', { name: 'Go to the end' });
      await toEnd.waitFor();
      expect(await list.evaluate((element) => element.scrollTop)).toBe(0);
      await toEnd.click();
      await expect.poll(() => toEnd.count()).toBe(0);
      await expect.poll(markInView).toBe(true);
    });

    it('says on the line why the model did not answer, and what to do', async () => {
      llm.script = failureOf(401, { message: 'Incorrect API key' });
      await open({}, talking.url);
      await ask('Is anybody there?');
      await lineState('Is anybody there?', 'failed');
      const problem = line('Is anybody there?').locator('.line-problem p');
      expect(await problem.count()).toBe(2);
      expect(await problem.allTextContents()).not.toContain('');
      await status(/^Ready$/);
    });

    it('shows what another program asks through the same session', async () => {
      llm.script = answerOf('It is noon.');
      await open({}, talking.url);
      await expect.poll(() => figure('session')).toMatch(/^\d{6}$/);
      const reply = await fetch(`${talking.url}/human`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sessionid: await figure('session'), type: 'chat', text: 'What time is it?' }),
      });
      expect(await reply.json()).toMatchObject({ code: 0, turn: expect.any(Number) });
      await lineState('What time is it?', 'said');
      expect(await line('What time is it?').textContent()).toMatch(/It is noon\..*From another program/);
    });
  });
});
