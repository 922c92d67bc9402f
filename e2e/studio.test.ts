import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RecordingSummary, SessionSummary } from '../src/shared/protocol';
import { launchChromium } from '../testing/browser';
import { findChromium, INSTALL_CHROMIUM } from '../testing/chromium.mjs';
import { getJson, postJson, root, startTestServer, type TestServer } from '../testing/server';

const chromium = findChromium();
if (!chromium) console.warn(INSTALL_CHROMIUM);

const CLARA = join(root, 'resources', 'presenters', 'clara');

/** For what the server has to be asked for: a busy machine takes its time. */
const soon = { timeout: 10_000 };

/** The words that people see around a performance, in each language. Its own name is the server's. */
const PERFORM_LABELS = [
  {
    locale: 'en-GB',
    perform: 'Perform',
    onStage: 'On stage: Look around',
    progress: 'How far the performance has come',
    end: 'End Look around',
    words: 'Text to say',
  },
  {
    locale: 'zh-CN',
    perform: '表演',
    onStage: '正在表演：Look around',
    progress: '表演进度',
    end: '结束 Look around',
    words: '要说的文字',
  },
] as const;

/** A second presenter who looks like the first, and one whose file is damaged. */
function writePresenters(dir: string): void {
  cpSync(CLARA, join(dir, 'vera'), { recursive: true });
  const bundle = JSON.parse(readFileSync(join(CLARA, 'presenter.json'), 'utf8'));
  const vera = { ...bundle, id: 'vera', name: { en: 'Vera', zh: '薇拉' } };
  writeFileSync(join(dir, 'vera', 'presenter.json'), JSON.stringify(vera));
  mkdirSync(join(dir, 'broken'));
  writeFileSync(join(dir, 'broken', 'presenter.json'), '{"format":');
}

describe.skipIf(!chromium)('the studio page: recordings, performances, presenters', () => {
  let folder: string;
  let server: TestServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'herald-studio-'));
    mkdirSync(join(folder, 'avatars'));
    writePresenters(join(folder, 'avatars'));
    const actions = [{ audiotype: 2, video: join(CLARA, 'idle.mp4'), name: 'Look around' }];
    writeFileSync(join(folder, 'actions.json'), JSON.stringify(actions));
    const flags = ['--avatars', join(folder, 'avatars'), '--customvideo_config', join(folder, 'actions.json')];
    server = await startTestServer(flags);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    expect(await server?.stop(), server?.output()).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    complaints = [];
    // Each test begins with an empty library.
    for (const { id } of await recordings()) await fetch(`${server.url}/api/recordings/${id}`, { method: 'DELETE' });
  });
  afterEach(() => context?.close());

  async function open(options: BrowserContextOptions = {}): Promise<void> {
    context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options });
    page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(server.url);
    await ready();
  }
  const ready = () =>
    expect.poll(() => page.getByTestId('status').textContent(), { timeout: 20_000 }).toMatch(/^(Ready|已就绪)$/);
  const recordings = async () =>
    (await getJson<{ data: { recordings: RecordingSummary[] } }>(`${server.url}/api/recordings`)).data.recordings;
  const session = async () =>
    (await getJson<{ data: { sessions: SessionSummary[] } }>(`${server.url}/api/admin/sessions`)).data.sessions[0];
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const rows = () => page.getByTestId('recording');
  const say = async (text: string) => {
    await page.getByLabel('Text to say').fill(text);
    await page.keyboard.press('Enter');
    const line = page.getByTestId('line').filter({ hasText: text }).last();
    await expect.poll(() => line.getAttribute('data-state'), { timeout: 20_000 }).toBe('said');
  };
  const startRecording = async () => {
    await button('Start recording').click();
    await button('Stop recording').waitFor();
  };
  const stopRecording = async () => {
    await button('Stop recording').click();
    await button('Start recording').waitFor({ timeout: 20_000 });
  };
  const openLibrary = async () => {
    await button('Recordings').click();
    await page.getByRole('dialog', { name: 'Recordings' }).waitFor();
  };
  const watchShifts = () =>
    page.evaluate(() => {
      Object.assign(window, { shift: 0 });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          (window as unknown as { shift: number }).shift += (entry as unknown as { value: number }).value;
        }
      }).observe({ type: 'layout-shift' });
    });

  it('records what is said, and plays it in place with its subtitles', async () => {
    await open();
    await watchShifts();
    await startRecording();
    const pill = page.getByTestId('recording-pill');
    await expect.poll(() => pill.textContent(), { timeout: 10_000 }).toMatch(/^Recording0:0[2-9]$/);
    await expect.poll(() => button('Stop recording').textContent()).toMatch(/^0:0\d[\d.]+\s(kB|MB)$/);
    await say('Good evening from the studio.');
    await stopRecording();
    expect(await pill.count()).toBe(0);
    expect(await page.evaluate(() => (window as unknown as { shift: number }).shift)).toBeLessThan(0.02);

    const [kept] = await recordings();
    expect(kept).toMatchObject({ presenter: 'clara', subtitles: true, recovered: false });
    await page.getByText(/^Recording saved/).waitFor();
    await button('Show recordings').click();
    await expect.poll(() => rows().count(), soon).toBe(1);
    await expect
      .poll(
        () =>
          rows()
            .locator('img')
            .evaluate((image) => (image as HTMLImageElement).naturalWidth),
        soon,
      )
      .toBeGreaterThan(0);
    await button('Play clara').click();
    const played = () =>
      page.getByTestId('player').evaluate((element) => {
        const video = element as HTMLVideoElement;
        const cues = [...(video.textTracks[0]?.cues ?? [])].map((cue) => (cue as VTTCue).text);
        return {
          s: video.currentTime,
          pictures: video.getVideoPlaybackQuality().totalVideoFrames,
          cues,
          fault: video.error,
        };
      });
    await expect.poll(async () => (await played()).s, { timeout: 10_000 }).toBeGreaterThan(1);
    expect(await played()).toMatchObject({ cues: ['Good evening from the studio.'], fault: null });
    expect((await played()).pictures).toBeGreaterThan(10);
    await button('Close the player').click();
    expect(await page.getByTestId('player').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('names a recording, deletes it with time to think better of it, and by keyboard', async () => {
    await open();
    await startRecording();
    await page.waitForTimeout(1_000);
    await stopRecording();
    await openLibrary();
    await button('Rename clara').click();
    await page.keyboard.type('Evening show');
    await page.keyboard.press('Enter');
    await button('Rename Evening show').waitFor();
    await expect.poll(async () => (await recordings())[0]?.title).toBe('Evening show');
    // Esc gives up the field alone; the sheet stays.
    await button('Rename Evening show').click();
    await page.keyboard.type('Mistake');
    await page.keyboard.press('Escape');
    await button('Rename Evening show').waitFor();
    expect((await recordings())[0]?.title).toBe('Evening show');

    await button('Delete Evening show').click();
    await page.getByText('Deleted: Evening show').waitFor();
    // The focus is on Undo.
    await page.keyboard.press('Enter');
    await button('Play Evening show').waitFor();
    expect(await recordings()).toHaveLength(1);
    await button('Delete Evening show').click();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    await expect.poll(recordings).toEqual([]);
    // Esc closed the sheet and nothing else; the button that opened it has the focus again.
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Recordings');
    await openLibrary();
    await page.getByText('Nothing recorded yet').waitFor();
    expect(complaints).toEqual([]);
  });

  it('offers a download under the name that people gave it', async () => {
    await open();
    await startRecording();
    await stopRecording();
    await openLibrary();
    await button('Rename clara').click();
    await page.keyboard.type('晚间新闻 1');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await recordings())[0]?.title).toBe('晚间新闻 1');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download 晚间新闻 1' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('晚间新闻 1.mp4');
    // The whole file, as it lies there once its index is in front.
    const { length } = readFileSync(await download.path());
    await expect.poll(async () => (await recordings())[0]?.bytes).toBe(length);
  });

  it('finds recordings by what was said, puts them in order, and is gone through by arrows', async () => {
    await open();
    await startRecording();
    await say('A story about lighthouses.');
    await stopRecording();
    await startRecording();
    await stopRecording();
    await openLibrary();
    await expect.poll(() => rows().count(), soon).toBe(2);
    const ids = (await recordings()).map(({ id }) => id);
    const shown = () =>
      rows()
        .locator('img')
        .evaluateAll((images) => images.map((i) => (i as HTMLImageElement).src));
    await page.getByLabel('Order').selectOption('Oldest first');
    await expect.poll(async () => (await shown())[0], soon).toContain(ids[1]);
    await page.getByLabel('Order').selectOption('Longest first');
    await expect.poll(async () => (await shown())[0], soon).toContain(ids[1]);

    const search = page.getByLabel('Search the recordings');
    await search.fill('LIGHTHOUSE');
    await expect.poll(() => rows().count(), soon).toBe(1);
    expect((await shown())[0]).toContain(ids[1]);
    await search.fill('windmill');
    await page.getByText('Nothing found for “windmill”').waitFor();
    // The first Esc empties the field, and the drawer stays.
    await search.press('Escape');
    await expect.poll(() => rows().count(), soon).toBe(2);

    await button('Play clara').first().focus();
    await page.keyboard.press('ArrowDown');
    const focused = () =>
      rows()
        .last()
        .evaluate((row) => row.contains(document.activeElement));
    expect(await focused()).toBe(true);
    const { violations } = await new AxeBuilder({ page }).include('[role=dialog]').analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join()}`)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('says beside the button why it does not record, and follows what others record', async () => {
    await open();
    await page.route('**/record', (route) =>
      route.fulfill({
        json: { code: -1, msg: 'not recorded: 12 MB are left on the disk. Free some room, then start again' },
      }),
    );
    await button('Start recording').click();
    const alert = page.getByRole('alert').filter({ hasText: 'Not recorded' });
    await alert.waitFor();
    expect(await alert.textContent()).toContain('Free some room');
    await alert.getByRole('button', { name: 'Dismiss' }).click();
    await expect.poll(() => alert.count()).toBe(0);
    expect(await page.locator('.mantine-Notification-root').count()).toBe(0);

    const sessionid = (await session())?.sessionid;
    await postJson(`${server.url}/record`, { sessionid, type: 'start_record' });
    await button('Stop recording').waitFor();
    await postJson(`${server.url}/record`, { sessionid, type: 'end_record' });
    await button('Start recording').waitFor();
    await page.getByText(/^Recording saved/).waitFor();
  });

  it('says why the list is missing, and marks what was recovered', async () => {
    await open();
    const lost: RecordingSummary = {
      id: '2026-01-02-030405-clara-123456',
      file: '2026-01-02-030405-clara-123456.mp4',
      title: 'Half a show',
      presenter: 'clara',
      sessionid: 123_456,
      startedAt: '2026-01-02T03:04:05.000Z',
      durationMs: null,
      bytes: 1_400_000,
      type: 'video/mp4',
      recovered: true,
      subtitles: false,
    };
    let works = false;
    await page.route('**/api/recordings?*', (route) =>
      works
        ? route.fulfill({ json: { code: 0, data: { recordings: [lost], total: 1, offset: 0, limit: 30 } } })
        : route.fulfill({ status: 500, json: { code: -1, msg: 'the folder of recordings cannot be read' } }),
    );
    await openLibrary();
    const failure = page.getByRole('alert').filter({ hasText: 'could not be listed' });
    await failure.waitFor();
    expect(await failure.textContent()).toContain('the folder of recordings cannot be read');
    works = true;
    await button('Try now').click();
    await rows().getByText('Recovered').waitFor();
    expect(await rows().textContent()).toContain('length being found out');
    // Its file is not there: the row says so, and can be closed.
    await button('Play Half a show').click();
    await rows()
      .getByText(/cannot play the file/)
      .waitFor();
  });

  it.each(PERFORM_LABELS)('puts on performances from the menu and by key, and ends them ($locale)', async (named) => {
    await open({ locale: named.locale });
    await button(named.perform).click();
    const item = page.getByRole('menu').locator('[role^=menuitem]', { hasText: 'Look around' });
    await item.waitFor();
    await item.press('Enter');
    await button(named.onStage).waitFor();
    await page.getByRole('progressbar', { name: named.progress }).waitFor();
    await expect.poll(async () => (await session())?.audiotype).toBe(2);
    await button(named.end).click();
    await button(named.perform).waitFor();
    await expect.poll(async () => (await session())?.audiotype).toBe(0);

    // In the text field a digit is a digit.
    await page.getByLabel(named.words).fill('');
    await page.getByLabel(named.words).press('3');
    expect(await page.getByLabel(named.words).inputValue()).toBe('3');
    expect((await session())?.audiotype).toBe(0);
    await page.getByLabel(named.words).evaluate((element) => (element as HTMLElement).blur());
    for (const [key, audiotype] of [
      ['3', 2],
      ['2', 1],
      ['1', 0],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(async () => (await session())?.audiotype).toBe(audiotype);
    }
    expect(complaints).toEqual([]);
  });

  it('closes its menus with Esc and by a press elsewhere, without interrupting the presenter', async () => {
    await open();
    const interrupts: string[] = [];
    page.on('request', (request) => request.url().endsWith('/interrupt_talk') && interrupts.push(request.url()));
    await button('Perform').press('Enter');
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('menu').count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Perform');
    await button('Presenter: Clara').click();
    await page.getByRole('menu').waitFor();
    // In a corner, which no menu reaches.
    await page.getByTestId('presenter').click({ position: { x: 8, y: 8 } });
    await expect.poll(() => page.getByRole('menu').count()).toBe(0);
    expect(interrupts).toEqual([]);
  });

  it('lets choose who appears, remembers it, and does without a presenter that is gone', async () => {
    await open();
    await button('Presenter: Clara').click();
    const broken = page.getByRole('menuitem', { name: /broken/ });
    expect(await broken.textContent()).toMatch(/not JSON.*Restore/);
    expect(await broken.getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('menu').locator('[role^=menuitem]', { hasText: 'Vera' }).click();
    await button('Presenter: Vera').waitFor();
    await ready();
    await expect.poll(async () => (await session())?.avatar, { timeout: 10_000 }).toBe('vera');
    await page.reload();
    await ready();
    await expect.poll(async () => (await session())?.avatar, { timeout: 10_000 }).toBe('vera');
    expect(complaints).toEqual([]);

    rmSync(join(folder, 'avatars', 'vera'), { recursive: true });
    await page.reload();
    await page.getByText('That presenter cannot appear').waitFor();
    await ready();
    await expect.poll(async () => (await session())?.avatar, { timeout: 10_000 }).toBe('clara');
    await button('Presenter: Clara').waitFor();
  });

  it('makes a clip, says what is wrong with a script, and cancels', async () => {
    await open();
    await openLibrary();
    await page.getByRole('radio', { name: 'Clips' }).check();
    const words = page.getByLabel('Text or script of the clip');
    await words.fill('Hello.\n[pause soon]');
    await button('Make clip').click();
    await page.getByRole('alert').filter({ hasText: 'line 2' }).waitFor();
    expect(await words.inputValue()).toContain('[pause soon]');
    await words.fill('A clip for the evening.\n[pause 0.5]\nThat is all.');
    await page.getByRole('radio', { name: '1:1' }).check();
    const asked = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/api/clips'));
    await words.press('Control+Enter');
    expect((await asked).postDataJSON()).toMatchObject({
      script: expect.stringContaining('[pause 0.5]'),
      avatar: 'clara',
      size: '720x720',
    });
    await expect.poll(() => words.inputValue()).toBe('');
    await words.fill('This one is not wanted. '.repeat(30));
    await button('Make clip').click();
    const clip = (title: string) => page.getByTestId('clip').filter({ hasText: title });
    await clip('This one')
      .getByRole('button', { name: /^Cancel/ })
      .click();
    await expect.poll(() => clip('This one').count(), { timeout: 20_000 }).toBe(0);
    const evening = clip('A clip for the evening.');
    await expect.poll(() => evening.getAttribute('data-state'), { timeout: 120_000 }).toBe('done');
    expect(await evening.textContent()).toContain('720 × 720');
    await evening.getByRole('button', { name: /^Play/ }).click();
    const player = evening.getByTestId('player');
    await expect
      .poll(() => player.evaluate((video) => (video as HTMLVideoElement).currentTime), { timeout: 10_000 })
      .toBeGreaterThan(0.5);
    expect(await player.evaluate((video) => (video as HTMLVideoElement).textTracks[0]?.cues?.length)).toBeGreaterThan(
      0,
    );
    await evening.getByRole('button', { name: /^Delete/ }).click();
    await page.keyboard.press('Escape');
    await expect
      .poll(async () => (await getJson<{ data: { clips: unknown[] } }>(`${server.url}/api/clips`)).data.clips)
      .toEqual([]);
  });

  it.each([
    {
      locale: 'en-GB',
      record: 'Start recording',
      stop: 'Stop recording',
      library: 'Recordings',
      open: 'Export clara',
      format: 'Format',
      shape: 'Shape',
      go: 'Export',
      download: 'Download the export: Animated GIF',
      remove: 'Throw the export away: Animated GIF',
    },
    {
      locale: 'zh-CN',
      record: '开始录制',
      stop: '停止录制',
      library: '录像',
      open: '导出 clara',
      format: '格式',
      shape: '形状',
      go: '导出',
      download: '下载导出文件：GIF 动图',
      remove: '删除导出文件：GIF 动图',
    },
  ])('exports a recording in another shape, or says what is missing for it ($locale)', async (named) => {
    await open({ locale: named.locale });
    await button(named.record).click();
    await button(named.stop).waitFor();
    // Something for a GIF to show.
    await expect.poll(async () => (await button(named.stop).textContent()) ?? '', soon).toMatch(/0:0[1-9]/);
    await button(named.stop).click();
    await button(named.record).waitFor({ timeout: 20_000 });
    const openRecordings = async () => {
      await button(named.library).click();
      await page.getByRole('dialog', { name: named.library }).waitFor();
    };
    await openRecordings();
    await button(named.open).click();
    const panel = page.getByTestId('export');
    await panel.getByLabel(named.format).selectOption('wav');
    expect(await panel.getByLabel(named.shape).isDisabled()).toBe(true);
    await panel.getByLabel(named.format).selectOption('gif');
    await panel.getByLabel(named.shape).selectOption('portrait');
    const asked = page.waitForRequest('**/api/exports');
    await panel.getByRole('button', { name: named.go, exact: true }).click();
    expect((await asked).postDataJSON()).toMatchObject({
      recording: expect.any(String),
      format: 'gif',
      crop: 'portrait',
    });
    const line = rows().getByTestId('export-line');
    const refusal = panel.getByRole('alert');
    await line.or(refusal).first().waitFor();
    // A machine without ffmpeg says where to get it.
    if (await refusal.count()) {
      expect(await refusal.textContent()).toMatch(/ffmpeg/i);
      return;
    }
    await expect.poll(() => line.getAttribute('data-state'), { timeout: 60_000 }).toBe('done');
    // A page that is opened later shows it with the recording that it was made of.
    await page.reload();
    await ready();
    await openRecordings();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      line.getByRole('link', { name: named.download }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('clara.gif');
    expect(
      readFileSync(await download.path())
        .subarray(0, 6)
        .toString(),
    ).toBe('GIF89a');
    await line.getByRole('button', { name: named.remove }).click();
    await expect.poll(() => line.count()).toBe(0);
  });

  it.each(['en-GB', 'zh-CN'])(
    'fits while it records and with the sheet open, from phone width up (%s)',
    async (locale) => {
      await open({ locale });
      await page.getByTestId('record').click();
      await page.locator('[data-testid="record"][data-state="on"]').waitFor();
      await page.locator('.library-button').click();
      await page.getByTestId('library').waitFor();
      // It has slid in.
      const dialog = page.getByRole('dialog');
      await dialog.evaluate((sheet) => Promise.all(sheet.getAnimations().map((one) => one.finished)));
      for (const [width, height] of [
        [360, 740],
        [390, 844],
        [768, 1024],
        [1024, 640],
        [1280, 800],
      ] as const) {
        await page.setViewportSize({ width, height });
        const size = await page.evaluate(() => {
          const { scrollWidth, scrollHeight } = document.documentElement;
          const cut = [...document.querySelectorAll<HTMLElement>('button, [data-testid$="pill"], h2')];
          return {
            scrollWidth,
            scrollHeight,
            sheet: document.querySelector('[role=dialog]')?.getBoundingClientRect().right,
            library: document.querySelector('[data-testid=library]')?.scrollWidth,
            visible: document.querySelector('[data-testid=library]')?.clientWidth,
            dock: document.querySelector('[role=toolbar]')?.getBoundingClientRect().right,
            side: document.querySelector('.side')?.getBoundingClientRect().left,
            cut: cut.filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0).map((e) => e.textContent),
          };
        });
        expect(size.scrollWidth, `${width}`).toBeLessThanOrEqual(width);
        if (width > 760) expect(size.scrollHeight, `${height}`).toBeLessThanOrEqual(height);
        expect(size.sheet, `${width}`).toBeLessThanOrEqual(width);
        expect(size.library, `${width}`).toBeLessThanOrEqual(size.visible ?? 0);
        if (width > 760) expect(size.dock, `${width}`).toBeLessThanOrEqual(size.side ?? 0);
        expect(size.cut, `${width}`).toEqual([]);
      }
    },
  );
});
