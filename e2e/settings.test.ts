import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SessionSummary } from '../src/shared/protocol';
import type { SettingRow } from '../src/shared/settings-protocol';
import { launchChromium } from '../testing/browser';
import { findChromium, INSTALL_CHROMIUM } from '../testing/chromium.mjs';
import { answerOf, type LlmServer, startLlmServer } from '../testing/llm-server';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';

const chromium = findChromium();
if (!chromium) console.warn(INSTALL_CHROMIUM);

describe.skipIf(!chromium)('settings, and the clean feed', () => {
  let dataDir: string;
  let llm: LlmServer;
  let server: TestServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'herald-settings-'));
    llm = await startLlmServer({ script: answerOf('Aye, all is well.') });
    server = await startTestServer([], { dataDir });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await llm?.close();
    expect(await server?.stop(), server?.output()).toBe(0);
    rmSync(dataDir, { recursive: true, force: true });
  });
  afterEach(() => context?.close());

  async function open(path: string, locale = 'en-GB'): Promise<void> {
    context = await browser.newContext({ locale, viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    await page.goto(`${server.url}${path}`);
  }
  const ready = () =>
    expect.poll(() => page.getByTestId('status').textContent(), { timeout: 20_000 }).toMatch(/^(Ready|已就绪)$/);
  const search = (query: string) => page.getByRole('searchbox', { name: 'Search settings' }).fill(query);
  const field = (name: string) => page.getByTestId(`setting-${name}`);
  const enter = async (name: string, label: string, value: string) => {
    await search(name);
    await field(name).getByRole('textbox', { name: label }).fill(value);
    await page.keyboard.press('Enter');
  };
  const rows = async () =>
    (await getJson<{ data: { settings: SettingRow[] } }>(`${server.url}/api/settings`)).data.settings;
  const rowOf = async (name: string) => (await rows()).find((row) => row.name === name);
  const sessionId = async () =>
    (await getJson<{ data: { sessions: SessionSummary[] } }>(`${server.url}/api/admin/sessions`)).data.sessions[0]
      ?.sessionid;
  const ask = async (text: string) =>
    postJson<{ code: number; msg: string }>(`${server.url}/human`, {
      sessionid: await sessionId(),
      type: 'chat',
      text,
    });

  it('take effect while the presenter is on air, and are there after a restart', async () => {
    await open('/');
    await ready();
    expect((await ask('Anybody there?')).msg).toContain('DASHSCOPE_API_KEY');

    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await enter('llm_base_url', 'Address of another service', llm.url);
    await field('llm_base_url').getByText('Applied').waitFor();
    await enter('llm_api_key', 'Key for that service', 'sk-typed');
    await field('llm_api_key').getByText('Applied').waitFor();
    await search('llm_system_prompt');
    await field('llm_system_prompt').getByRole('textbox').fill('You are a pirate.');
    await search('video_bitrate_kbps'); // leaving a field is enough
    await expect.poll(async () => (await rowOf('llm_system_prompt'))?.value).toBe('You are a pirate.');

    expect((await ask('And now?')).code).toBe(0);
    await expect.poll(() => llm.requests.length, { timeout: 10_000 }).toBe(1);
    expect(llm.requests[0]?.headers.authorization).toBe('Bearer sk-typed');
    expect(llm.requests[0]?.body.messages?.[0]).toEqual({ role: 'system', content: 'You are a pirate.' });

    await enter('video_bitrate_kbps', 'Video bit rate', '1500');
    await field('video_bitrate_kbps').getByText('Takes effect at the next start').waitFor();
    await page.getByText('One change waits for the next start.').waitFor();
    await context.close();

    // A secret is in the file, and nowhere else.
    expect(readFileSync(join(dataDir, 'settings.json'), 'utf8')).toContain('sk-typed');
    expect(JSON.stringify(await rows()) + server.output()).not.toContain('sk-typed');
    expect(await server.stop()).toBe(0);
    server = await startTestServer([], { dataDir });
    expect(await rowOf('video_bitrate_kbps')).toMatchObject({ value: 1_500, waits: false, source: 'settings.json' });
    expect(await rowOf('llm_api_key')).toMatchObject({ isSet: true, value: null });
    expect(await rowOf('llm_base_url')).toMatchObject({ value: llm.url });
  });

  it('that are wrong say so in place; what the command line says cannot be changed; everything is reached by name', async () => {
    await open('/?open=settings');
    await field('llm_preset').waitFor();
    await enter('max_session', 'Sessions at a time', '0');
    await field('max_session').getByRole('alert').filter({ hasText: 'must be at least 1' }).waitFor();
    expect((await rowOf('max_session'))?.value).toBe(1);
    await enter('max_session', 'Sessions at a time', '3');
    await field('max_session').getByText('Applied').waitFor();
    expect(await field('max_session').getByRole('alert').textContent()).toBe('');
    await field('max_session')
      .getByRole('button', { name: /back to the default$/ })
      .click();
    await expect.poll(async () => (await rowOf('max_session'))?.value).toBe(1);

    await search('tts');
    expect(await field('tts').getByLabel('Voice engine', { exact: true }).isDisabled()).toBe(true);
    await field('tts').getByText(/--tts/).waitFor();
    const axe = await new AxeBuilder({ page }).include('[role=dialog]').analyze();
    expect(axe.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
    await context.close();

    await open('/?open=settings', 'zh-CN');
    await page.getByRole('searchbox', { name: '搜索设置' }).fill('语速');
    await field('speed').getByText('说话的快慢').waitFor();
    await page.getByRole('searchbox', { name: '搜索设置' }).fill('同时会话数');
    await field('max_session').getByRole('textbox', { name: '同时会话数' }).fill('0');
    await page.keyboard.press('Enter');
    await field('max_session').getByRole('alert').filter({ hasText: '不能小于 1' }).waitFor();
    await field('max_session').getByRole('textbox', { name: '同时会话数' }).fill('2');
    await page.keyboard.press('Enter');
    await field('max_session').getByText('已生效').waitFor();
    expect((await rowOf('max_session'))?.value).toBe(2);
    await field('max_session').getByRole('button', { name: '同时会话数：恢复默认值' }).click();
    await expect.poll(async () => (await rowOf('max_session'))?.value).toBe(1);
  });

  it('watch a session without its controls, on the ground that the address asks for', async () => {
    await open('/');
    await ready();
    const feed = await context.newPage();
    await feed.goto(`${server.url}/rtcpushapi.html?sessionid=${await sessionId()}&bg=chroma`);
    expect(new URL(feed.url()).pathname).toBe('/stage');
    await expect.poll(() => feed.title(), { timeout: 20_000 }).toBe('Herald: on air');
    const seen = () =>
      feed.evaluate(() => {
        const video = document.querySelector('video')!;
        const canvas = new OffscreenCanvas(16, 16);
        const context = canvas.getContext('2d')!;
        context.drawImage(video, 0, 0, 16, 16);
        const pixels = context.getImageData(0, 0, 16, 16).data;
        return {
          frames: video.getVideoPlaybackQuality().totalVideoFrames,
          light: Math.max(...pixels.filter((_, i) => i % 4 < 3)),
        };
      });
    await expect.poll(async () => (await seen()).frames, { timeout: 10_000 }).toBeGreaterThan(10);
    expect((await seen()).light).toBeGreaterThan(60);
    const ground = await feed.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(ground).toBe('rgb(0, 177, 64)');
    expect(await feed.evaluate(() => document.body.innerText.trim())).toBe('');
    // It watches the session that there is, and opened none of its own.
    const { data } = await getJson<{ data: { sessions: SessionSummary[] } }>(`${server.url}/api/admin/sessions`);
    expect(data.sessions).toHaveLength(1);
  });

  it('guides through the first start of the desktop app, once, and is skipped in one click', async () => {
    context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    // The desktop app's bridge; the shell behind it has tests of its own.
    await page.addInitScript(() => {
      const hotkeys = { interrupt: 'F9', record: '', nextLine: 'Alt+N' };
      const state = { preferences: { hotkeys, welcomed: false }, takenHotkeys: ['nextLine'], safeStorage: true };
      const told: unknown[] = [];
      const stop = () => undefined;
      const herald = {
        desktop: async () => state,
        changeDesktop: async (changes: object) => {
          told.push(changes);
          return state;
        },
        onCommand: (press: (command: string) => void) => {
          Object.assign(window, { press });
          return stop;
        },
        onFile: () => stop,
      };
      Object.assign(window, { herald, told });
    });
    await page.goto(server.url);
    const guide = page.getByRole('dialog', { name: 'Welcome to Herald' });
    await guide.getByLabel('Key for chat (optional)').fill('sk-guide');
    await guide.getByRole('button', { name: 'Start' }).click();
    await guide.waitFor({ state: 'hidden' });
    expect(await rowOf('dashscope_api_key')).toMatchObject({ isSet: true, source: 'settings.json' });
    expect(await page.evaluate(() => (window as unknown as { told: unknown }).told)).toEqual([{ welcomed: true }]);

    await page.evaluate(() => (window as unknown as { press(command: string): void }).press('settings'));
    await page.getByRole('button', { name: 'Desktop app' }).click();
    await page.getByText('Keys that work everywhere').waitFor();
    await page.getByText('Another program uses these keys: choose others.').waitFor();
    expect(await page.getByLabel('Interrupt', { exact: true }).inputValue()).toBe('F9');

    await page.goto(server.url);
    await guide.getByRole('button', { name: 'Skip' }).click();
    await guide.waitFor({ state: 'hidden' });
    expect(await page.evaluate(() => (window as unknown as { told: unknown }).told)).toEqual([{ welcomed: true }]);
  });
});
