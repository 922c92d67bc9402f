import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAMERA_INSTALL } from '../src/shared/camera-driver';
import type { SessionSummary } from '../src/shared/protocol';
import { wav } from '../testing/audio-files';
import { launchChromium } from '../testing/browser';
import { findChromium, INSTALL_CHROMIUM } from '../testing/chromium.mjs';
import { findPythonWithAiortc, runPython } from '../testing/python';
import { RtmpServer } from '../testing/rtmp-server';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';
import { WhipServer } from '../testing/whip-server';

const chromium = findChromium();
const python = findPythonWithAiortc();
if (!chromium) console.warn(INSTALL_CHROMIUM);

describe.skipIf(!chromium)('the server panel', () => {
  let server: TestServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startTestServer(['--max_session', '3']), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    expect(await server?.stop(), server?.output()).toBe(0);
  });

  /** One page per language: its tabs are what the tests are about. */
  async function open(locale = 'en-GB'): Promise<void> {
    if (context && locale === 'en-GB') return;
    await context?.close();
    context = await browser.newContext({ locale, viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
    page = await context.newPage();
    await page.goto(server.url);
    await page.locator('[data-testid="status"][data-state="connected"]').waitFor({ timeout: 30_000 });
  }
  const panel = () => page.getByTestId('server-panel');
  const tab = async (name: string) => {
    const button = page.getByRole('button', { name: 'Server', exact: true });
    if (!(await panel().isVisible())) await button.click();
    await panel().getByRole('tab', { name }).click();
  };
  const press = (name: string | RegExp) => panel().getByRole('button', { name, exact: true }).click();
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  const sessions = async () =>
    (await getJson<{ data: { sessions: SessionSummary[] } }>(`${server.url}/api/admin/sessions`)).data.sessions;
  const broken = async () => {
    const { violations } = await new AxeBuilder({ page }).include('[role=dialog]').analyze();
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  };

  it('tells how the server is, and closes a session that a program began', async () => {
    const { sessionid } = await postJson<{ sessionid: number }>(`${server.url}/api/sessions`, {});
    await open();
    await page.getByRole('button', { name: 'Server', exact: true }).click();
    await panel().getByRole('heading', { name: 'Server' }).waitFor();
    await panel().getByTestId('server-condition').getByRole('status').waitFor();
    await panel().getByRole('link', { name: server.url, exact: true }).waitFor();
    await press(`Copy ${server.url}`);
    expect(await clipboard()).toBe(server.url);
    for (const name of ['Addresses', 'Load, last minute', 'Waiting times', 'What it works with']) {
      await panel().getByRole('heading', { name }).waitFor();
    }
    // Two sessions of 25 pictures a second, however late this machine comes to them.
    await panel()
      .getByRole('img', { name: /^Pictures per second: now [1-9]/ })
      .waitFor();
    await panel()
      .getByRole('img', { name: /^Processor: now [1-9]\d* %/ })
      .waitFor();
    expect(await broken()).toEqual([]);

    await tab('Sessions');
    const own = (await sessions()).find(({ studio }) => studio)?.sessionid;
    await panel().getByTestId(`session-${own}`).getByText('This page').waitFor();
    const other = panel().getByTestId(`session-${sessionid}`);
    await other.getByText('Started by a program, no viewer of its own').waitFor();
    await other.getByText(/pictures\/s/).waitFor();
    // Nobody watches it, so nothing is asked; somebody watches this one.
    await press(`Close session ${sessionid}`);
    await other.waitFor({ state: 'detached' });
    expect((await sessions()).map((one) => one.sessionid)).toEqual([own]);
    await press(`Close session ${own}`);
    await panel().getByText('This page is watching. Close it?').waitFor();
    expect(await broken()).toEqual([]);
    await page.keyboard.press('Escape');
    await panel()
      .getByRole('button', { name: `Close session ${own}` })
      .waitFor();
    expect(await sessions()).toHaveLength(1);

    await page.keyboard.press('Escape');
    await panel().waitFor({ state: 'detached' });
    await page.locator('body').click({ position: { x: 2, y: 400 } });
    await page.keyboard.press('i');
    await panel().getByTestId(`session-${own}`).waitFor();
  });

  it('finds in the log, follows it, and copies what helps', async () => {
    await open();
    await tab('Log');
    const lines = panel().getByRole('log');
    await lines.getByText(/mouth ready/).waitFor();
    await panel().getByRole('textbox', { name: 'Find in the log' }).fill('audit /offer');
    await expect.poll(() => lines.getByText('POST /offer').count()).toBeGreaterThan(0);
    expect(await lines.getByText(/mouth ready/).count()).toBe(0);
    const before = await lines.getByText('POST /human').count();
    expect(before).toBe(0);
    await panel().getByRole('textbox', { name: 'Find in the log' }).fill('audit /human');
    await panel().getByText('No line fits').waitFor();
    await postJson(`${server.url}/human`, { sessionid: 1, type: 'echo', text: 'x' });
    await lines.getByText('POST /human').waitFor();
    expect(await broken()).toEqual([]);
    await press('Copy lines');
    expect(await clipboard()).toMatch(/^\d{4}-\d\d-\d\dT\S+ info {2}audit: POST \/human .*outcome=refused$/);
    await panel().getByRole('combobox', { name: 'Least important' }).selectOption('Errors');
    await panel().getByText('No line fits').waitFor();
    // The first Esc empties the field.
    await panel().getByRole('textbox', { name: 'Find in the log' }).press('Escape');
    expect(await panel().getByRole('textbox', { name: 'Find in the log' }).inputValue()).toBe('');

    await press('Copy diagnostics');
    await panel().getByRole('button', { name: 'Copy diagnostics' }).filter({ hasText: 'Copied' }).waitFor();
    const bundle = JSON.parse(await clipboard()) as { versions: object; log: unknown[]; settings: object };
    expect(Object.keys(bundle.versions)).toContain('herald');
    expect(bundle.log.length).toBeGreaterThan(3);
    const token = /token for callers from outside: (\S+)/.exec(server.output())?.[1] as string;
    expect(JSON.stringify(bundle)).not.toContain(token);
    const saved = page.waitForEvent('download');
    await press('Save diagnostics');
    expect((await saved).suggestedFilename()).toMatch(/^herald-diagnostics-\d{14}\.json$/);
  });

  it('sends the session elsewhere, tells how that goes, and ends it', async () => {
    await open();
    const rtmp = new RtmpServer();
    const whip = await WhipServer.start({ token: 'e2e-token' });
    const server = `rtmp://127.0.0.1:${await rtmp.listen()}/live`;
    const row = (kind: string) => panel().getByTestId(`output-${kind}`);
    const send = () => press('Send');
    const how = (name: string) =>
      panel().getByRole('radiogroup', { name: 'How' }).getByText(name, { exact: true }).click();
    try {
      await tab('Outputs');
      await panel().getByText('Sent nowhere else yet.').waitFor();
      await panel().getByRole('textbox', { name: 'Server' }).fill('live.example.org');
      await send();
      await panel().getByText('It begins with rtmp:// or rtmps://').waitFor();
      await panel().getByRole('textbox', { name: 'Server' }).fill(server);
      const key = panel().getByLabel('Stream key', { exact: true });
      expect(await key.getAttribute('type')).toBe('password');
      await key.fill('e2e-stream-key');
      await key.press('Enter');
      await row('rtmp').getByText('Live', { exact: true }).waitFor();
      await row('rtmp')
        .getByText(/\d+ [kM]B sent/)
        .waitFor();
      expect(rtmp.publications[0]).toMatchObject({ app: 'live', key: 'e2e-stream-key' });
      expect(await panel().textContent()).not.toContain('e2e-stream-key');
      expect(await broken()).toEqual([]);
      await rtmp.close();
      await row('rtmp').getByText('Connection lost').waitFor();
      await row('rtmp')
        .getByText(/Next try in \d s/)
        .waitFor();
      // Nobody watches there now: nothing is asked.
      await press(`Remove RTMP ${server}/***`);
      await row('rtmp').waitFor({ state: 'detached' });

      await how('WHIP');
      const address = panel().getByRole('textbox', { name: 'Address' });
      await address.fill(`${whip.origin}/live/whip`);
      await panel().getByLabel('Token', { exact: true }).fill('wrong');
      await send();
      await row('whip').getByText('The server refuses the token').waitFor();
      await press(/^Remove WHIP/);
      await row('whip').waitFor({ state: 'detached' });
      await address.fill(`${whip.origin}/live/whip`);
      await panel().getByLabel('Token', { exact: true }).fill('e2e-token');
      await send();
      await row('whip').getByText('Live', { exact: true }).waitFor();
      await press(/^Remove WHIP/);
      await panel().getByText('Whoever watches there sees it end.').waitFor();
      await press(/^Remove WHIP/);
      await row('whip').waitFor({ state: 'detached' });
      await expect.poll(() => whip.last?.deleted).toBe(true);

      if (process.platform !== 'linux' || existsSync('/sys/class/video4linux')) return;
      await how('Virtual camera');
      await send();
      await panel().getByText('This computer has no virtual camera yet').waitFor();
      await press('Copy the command');
      expect(await clipboard()).toBe(CAMERA_INSTALL);
      expect(await broken()).toEqual([]);
    } finally {
      await Promise.all([rtmp.close(), whip.close()]);
    }
  });

  it('gives a token out, and takes it back', async () => {
    await open();
    await tab('Access');
    await panel().getByRole('textbox', { name: 'For whom' }).fill('front desk');
    await panel().getByRole('combobox', { name: 'May' }).selectOption('Watch');
    await press('Make token');
    const token = (await panel().getByTestId('new-token').textContent()) as string;
    const holder = async () => {
      const reply = await fetch(`${server.url}/api/access`, { headers: { authorization: `Bearer ${token}` } });
      return ((await reply.json()) as { data: { token?: string } }).data.token;
    };
    expect(await holder()).toBe('front desk');
    expect(await broken()).toEqual([]);
    await press('Done');
    expect(await panel().getByText(token).count()).toBe(0);
    await press('Revoke the token “front desk”');
    await panel().getByText('Whoever holds it is shut out at once.').waitFor();
    await press('Revoke the token “front desk”');
    await panel().getByText('No tokens have been given out.').waitFor();
    expect(await holder()).toBeUndefined();
  });

  it('shows programs that run, in a page of this machine', async () => {
    await open();
    await tab('Connect');
    await tab('JavaScript');
    const id = (await sessions()).find(({ studio }) => studio)?.sessionid;
    const sound = wav(16_000, 16_000, 1, (i) => Math.sin(i / 10) * 0.3);
    let program = '';
    const elsewhere = createServer(({ url }, reply) => {
      if (url?.endsWith('.wav')) return void reply.setHeader('content-type', 'audio/wav').end(sound);
      reply.setHeader('content-type', 'text/html');
      reply.end(`<!doctype html><video muted playsinline></video><script type="module">${program}</script>`);
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const { port } = elsewhere.address() as AddressInfo;
    const foreign = await context.newPage();
    const told: string[] = [];
    foreign.on('console', (message) => told.push(message.text()));
    foreign.on('pageerror', (error) => told.push(`failed: ${error.message}`));
    const runs = async (task: string) => {
      program = (await panel().getByTestId(`snippet-${task}`).locator('code').textContent()) as string;
      expect(program).toContain(`${id}`);
      told.length = 0;
      await foreign.goto(`http://127.0.0.1:${port}/`);
    };
    await runs('events');
    let audiotype = 0;
    await expect
      .poll(
        async () => {
          // Again, until the page listens: events are not kept for who comes later.
          await postJson(`${server.url}/set_audiotype`, { sessionid: id, audiotype: (audiotype = 1 - audiotype) });
          return told.join();
        },
        { timeout: 20_000, interval: 250 },
      )
      .toMatch(/mode/);
    for (const task of ['talk', 'audio', 'interrupt']) {
      await runs(task);
      await expect.poll(() => told.join(), { timeout: 20_000 }).toMatch(/code: 0/);
    }
    await runs('watch');
    await expect
      .poll(() => foreign.evaluate(() => document.querySelector('video')?.videoWidth), { timeout: 20_000 })
      .toBeGreaterThan(0);
    elsewhere.close();
    expect(await broken()).toEqual([]);
  });

  it.skipIf(!python)('shows a program that watches, in Python', async () => {
    await open();
    await tab('Connect');
    await tab('Python');
    const program = (await panel().getByTestId('snippet-watch').locator('code').textContent()) as string;
    const { code, stdout, stderr } = await runPython(python as string, ['-c', program]);
    expect(stderr).toBe('');
    // The size of the picture that came.
    expect([code, stdout.trim()]).toEqual([0, expect.stringMatching(/^\d{3,4} \d{3,4}$/)]);
  });

  it('speaks Chinese, and tells who may not administer what can be seen', async () => {
    await open('zh-CN');
    await page.getByRole('button', { name: '服务器', exact: true }).click();
    await panel().getByRole('heading', { name: '服务器' }).waitFor();
    for (const name of ['地址', '最近一分钟的负载', '等待时间', '正在使用']) {
      await panel().getByRole('heading', { name }).waitFor();
    }
    expect(await panel().getByRole('tab').allTextContents()).toEqual([
      '概览',
      '会话',
      '推流',
      '访问权限',
      '日志',
      '接入',
    ]);
    await page.keyboard.press('Escape');
    await panel().waitFor({ state: 'detached' });

    // This machine's own page may do everything; what another's sees is shown by what the server would answer it.
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const access = { code: 0, data: { scope: 'view' } };
    await page.route('**/api/access', (route) => route.fulfill({ json: access }));
    await page.getByRole('button', { name: '服务器', exact: true }).click();
    await panel().getByText('此页面可以观看，不能管理').waitFor();
    await tab('会话');
    await panel().getByText('此页面', { exact: true }).waitFor();
    expect(
      await panel()
        .getByRole('button', { name: /^关闭会话/ })
        .count(),
    ).toBe(0);
    await tab('日志');
    await panel().getByText('仅限管理员').waitFor();
    expect(asked.filter((path) => /logs|tokens|admin\/server/.test(path))).toEqual([]);
    expect(await broken()).toEqual([]);
  });
});
