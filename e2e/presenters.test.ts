import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SessionSummary } from '../src/shared/protocol';
import { launchChromium } from '../testing/browser';
import { findChromium, INSTALL_CHROMIUM } from '../testing/chromium.mjs';
import { FileServer } from '../testing/file-server';
import { writeLiveTalkingFolder } from '../testing/livetalking-folder';
import { getJson, startTestServer, type TestServer } from '../testing/server';
import { thinWav2Lip } from '../testing/thin-wav2lip';
import { saveZip } from '../testing/torch-checkpoint';
import { zipOf } from '../testing/zip-archive';

const chromium = findChromium();
if (!chromium) console.warn(INSTALL_CHROMIUM);

/** Joe of the catalogue, with a model of the right length that is not his. */
const JOE = '/rhasspy/piper-voices/resolve/v1.0.0/en/en_US/joe/medium';
const JOE_BYTES = 63_201_294;

/** The words that people see on the way to an import, in each language. */
const IMPORT_LABELS = [
  {
    locale: 'en-GB',
    avatar: 'anna',
    presenter: 'Presenter: Clara',
    manage: 'Manage presenters…',
    title: 'Presenters and voices',
    zip: 'ZIP…',
    avatarReady: 'anna is ready: 5 pictures, 128 × 192.',
    putOnStage: 'Put on stage',
    putClaraOnStage: 'Put Clara on stage',
    putAway: 'Put away: anna',
    deleteNow: 'Delete',
    voice: 'Voice: Automatic',
    lips: 'Lips',
    inUse: 'In use',
    weights: 'Weights…',
    weightsReady: /thin is ready: Wav2Lip of the 96 px kind, for faces of 96 px\. It has [\d.]+K parameters\./,
    selfCheck: /differs by at most [\d.]+%/,
    useThin: 'Use thin',
    useLipMini: 'Use lip-mini',
    deleteThin: 'Delete thin',
    putThinAway: 'Put away: thin',
  },
  {
    locale: 'zh-CN',
    avatar: 'bella',
    presenter: '数字人：Clara',
    manage: '管理数字人…',
    title: '数字人与声音',
    zip: 'ZIP 文件…',
    avatarReady: 'bella 已就绪：5 张画面，128 × 192。',
    putOnStage: '请上舞台',
    putClaraOnStage: '请 Clara 上舞台',
    putAway: '收起：bella',
    deleteNow: '删除',
    voice: '声音：自动',
    lips: '口型',
    inUse: '使用中',
    weights: '权重文件…',
    weightsReady: /thin 已就绪：96 像素版 Wav2Lip，面部 96 像素。参数量 [\d.]+万?。/,
    selfCheck: /。快速版与完整版的最大差异为 [\d.]+%。/,
    useThin: '使用 thin',
    useLipMini: '使用 lip-mini',
    deleteThin: '删除 thin',
    putThinAway: '收起：thin',
  },
] as const;

/** For what the server has to be asked for: a busy machine takes its time. */
const soon = { timeout: 15_000 };

describe.skipIf(!chromium)('the panel of presenters and voices', () => {
  let folder: string;
  let server: TestServer;
  let mirror: FileServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'herald-cast-'));
    const anna = join(folder, 'anna');
    await writeLiveTalkingFolder(anna, { pictures: 5, widthPx: 128, heightPx: 192, faceSizePx: 96 });
    for (const { avatar } of IMPORT_LABELS) writeFileSync(join(folder, `${avatar}.zip`), zipped(anna, avatar));
    mkdirSync(join(folder, 'holiday'));
    writeFileSync(join(folder, 'holiday', 'beach.png'), 'no avatar');
    saveZip(join(folder, 'thin.pth'), { tensors: thinWav2Lip('96', 16) });
    mirror = new FileServer();
    for (const [name, size] of [
      ['en_US-joe-medium.onnx', JOE_BYTES],
      ['en_US-joe-medium.onnx.json', 100],
      ['MODEL_CARD', 100],
    ] as const) {
      mirror.files.set(`${JOE}/${name}`, Buffer.alloc(size));
    }
    server = await startTestServer(['--voice_mirror', await mirror.listen()]);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    expect(await server?.stop(), server?.output()).toBe(0);
    await mirror?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => context?.close());

  async function open(options: BrowserContextOptions = {}): Promise<void> {
    complaints = [];
    context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options });
    page = await context.newPage();
    page.setDefaultTimeout(soon.timeout);
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(server.url);
    await ready();
  }
  const ready = () => page.locator('[data-testid="status"][data-state="connected"]').waitFor({ timeout: 40_000 });
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const tab = (name: string) => page.getByRole('dialog').getByRole('tab', { name });
  const lines = () => page.getByTestId('import-line');
  const card = (name: string) => page.getByTestId('presenter-card').filter({ hasText: name });
  const session = async () =>
    (await getJson<{ data: { sessions: SessionSummary[] } }>(`${server.url}/api/admin/sessions`)).data.sessions[0];
  const pictureSize = () =>
    page.evaluate(() => {
      const { videoWidth, videoHeight } = document.querySelector('video') as HTMLVideoElement;
      return `${videoWidth}x${videoHeight}`;
    });
  const choose = async (name: string, path: string) => {
    const asked = page.waitForEvent('filechooser');
    await button(name).click();
    await (await asked).setFiles(path);
  };

  it.each(IMPORT_LABELS)(
    'imports a presenter by a ZIP, says what came of it, and puts it on stage ($locale)',
    async (named) => {
      await open({ locale: named.locale });
      await expect.poll(pictureSize, soon).toBe('720x720');
      await button(named.presenter).click();
      await page.getByRole('menuitem', { name: named.manage }).click();
      await page.getByRole('dialog', { name: named.title }).waitFor();
      expect(await card('Clara').getAttribute('data-on-stage')).toBe('true');
      await choose(named.zip, join(folder, `${named.avatar}.zip`));
      await page.getByText(named.avatarReady).waitFor();
      await lines().getByRole('button', { name: named.putOnStage }).click();
      await expect.poll(async () => (await session())?.avatar, soon).toBe(named.avatar);
      await expect.poll(() => card(named.avatar).getAttribute('data-on-stage'), soon).toBe('true');
      // The stage beside the drawer shows it, and nothing lies over it.
      await expect.poll(pictureSize, soon).toBe('128x192');
      const stage = await page.getByTestId('presenter').boundingBox();
      const drawer = await page.getByRole('dialog').boundingBox();
      expect((stage?.x ?? 0) + (stage?.width ?? 0)).toBeLessThanOrEqual(drawer?.x ?? 0);
      await button(named.putClaraOnStage).click();
      await expect.poll(pictureSize, soon).toBe('720x720');
      await button(named.putAway).click();
      await expect.poll(() => lines().count()).toBe(0);
      expect(complaints).toEqual([]);
    },
  );

  it('imports a folder under a name that is free, refuses what is none, and deletes after a question', async () => {
    await open();
    await page.getByLabel('Text to say').blur();
    await page.keyboard.press('v');
    await choose('Folder…', join(folder, 'holiday'));
    await page.getByText('This is no LiveTalking folder: coords.pkl is missing.').waitFor();
    // Dropped on the gallery it is an import, and no sound to play.
    const dataTransfer = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['words'], 'notes.wav'));
      return transfer;
    });
    await page.getByTestId('gallery').dispatchEvent('drop', { dataTransfer });
    await page.getByText('Choose a LiveTalking folder, a .zip of one, or weights').waitFor();
    expect(await page.getByTestId('line').count()).toBe(0);
    await choose('Folder…', join(folder, 'anna'));
    const name = (await lines().filter({ hasText: 'is ready' }).locator('b').textContent()) as string;
    expect(name).not.toBe('anna');
    await card(name)
      .getByRole('button', { name: `Delete ${name}` })
      .click();
    // Esc is the careful answer, and leaves the drawer open.
    await page.keyboard.press('Escape');
    await card(name)
      .getByRole('button', { name: `Delete ${name}` })
      .click();
    await card(name).getByRole('button', { name: 'Delete', exact: true }).click();
    await expect.poll(() => card(name).count(), soon).toBe(0);
    expect(await card('Clara').getByRole('button', { name: 'Delete Clara' }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it.each(IMPORT_LABELS)(
    'imports weights, says what they are, and lets them move the lips ($locale)',
    async (named) => {
      await open({ locale: named.locale });
      await button(named.voice).click();
      await tab(named.lips).click();
      const model = (words: string) => page.getByTestId('mouth-model').filter({ hasText: words });
      await model(named.inUse).waitFor();
      await choose(named.weights, join(folder, 'thin.pth'));
      const line = lines().filter({ hasText: 'thin' });
      await line.getByText(named.weightsReady).waitFor();
      expect(await line.textContent()).toMatch(named.selfCheck);
      await button(named.useThin).click();
      await expect.poll(() => model('thin').getAttribute('data-in-use'), { timeout: 20_000 }).toBe('true');
      await button(named.useLipMini).click();
      await expect.poll(() => model('thin').getAttribute('data-in-use'), { timeout: 20_000 }).toBe('false');
      await button(named.deleteThin).click();
      await model('thin').getByRole('button', { name: named.deleteNow, exact: true }).click();
      await expect.poll(() => model('thin').count(), soon).toBe(0);
      // The other language finds none of it.
      await button(named.putThinAway).click();
      await expect.poll(() => lines().count()).toBe(0);
      expect(complaints).toEqual([]);
    },
  );

  it('lets voices be heard, one at a time, before one is chosen', async () => {
    await open();
    // What is really heard: how far each sound has come.
    await page.evaluate(() => {
      const players: HTMLAudioElement[] = [];
      Object.assign(window, { players });
      const play = HTMLAudioElement.prototype.play;
      HTMLAudioElement.prototype.play = function (this: HTMLAudioElement) {
        players.push(this);
        return play.call(this);
      };
    });
    const heardMs = (index: number) =>
      page.evaluate((at) => {
        const player = (window as unknown as { players: HTMLAudioElement[] }).players[at];
        return (player?.currentTime ?? 0) * 1_000;
      }, index);
    await button('Voice: Automatic').click();
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await expect.poll(focused, soon).toBe('Name, language or country');
    await page.keyboard.type('English');
    const rows = page.getByTestId('voice-row');
    const listen = (index: number) => rows.nth(index).getByTestId('listen');
    const name = (await rows.nth(0).getByTestId('voice-name').textContent()) as string;
    await button(`Listen to ${name}`).click();
    await button(`Stop ${name}`).waitFor();
    await expect.poll(() => heardMs(0), soon).toBeGreaterThan(100);
    await listen(1).click();
    await expect.poll(() => listen(0).getAttribute('data-state')).toBe('idle');
    await expect.poll(() => heardMs(1), soon).toBeGreaterThan(100);
    expect(await listen(1).getAttribute('data-state')).toBe('playing');
    await listen(1).click();
    await expect.poll(() => listen(1).getAttribute('data-state')).toBe('idle');
    // By keys: the search leads into the list, and from the chosen voice on to its Listen button.
    await page.getByRole('textbox', { name: 'Name, language or country' }).press('ArrowDown');
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe(`Listen to ${name}`);
    await page.keyboard.press('Escape');
    await button(`Voice: ${name}`).waitFor();
    expect(complaints).toEqual([]);
  });

  it('downloads a voice, holds, goes on where it held, says what is wrong with it, and gives it up', async () => {
    await open();
    await button('Voice: Automatic').click();
    await page.getByRole('radio', { name: 'Download more' }).check();
    const joe = page.getByTestId('catalogue-voice').filter({ hasText: 'Joe' });
    const state = () => joe.getAttribute('data-state');
    mirror.faultyPaths = /\.onnx$/;
    mirror.faults.push({ kind: 'stall', afterBytes: 30_000_000 });
    await button('Download Joe').click();
    await joe.getByText(/^Downloading · \d[\d.]* MB of 63\.2 MB$/).waitFor();
    await expect.poll(() => joe.getByRole('progressbar').getAttribute('aria-valuenow'), soon).toMatch(/^4\d/);
    await button('Pause the download of Joe').click();
    await joe.getByText(/^Paused · /).waitFor();
    await button('Resume the download of Joe').click();
    // What came is not its model, and is told so; what it goes on with is the rest.
    await joe.getByRole('alert').waitFor({ timeout: 30_000 });
    expect(await state()).toBe('failed');
    const asked = mirror.requests.filter(({ path }) => path.endsWith('.onnx'));
    expect(asked.map(({ range }) => range)).toEqual([undefined, expect.stringMatching(/^bytes=\d{8}-$/)]);
    mirror.faults.push({ kind: 'stall', afterBytes: 1_000_000 });
    await button('Try Joe again').click();
    await button('Cancel the download of Joe').click();
    await expect.poll(state, soon).toBe('absent');
    await button('Download Joe').waitFor();
    expect(complaints).toEqual([]);
  });

  it.each([
    ['en-GB', 'light', ['Presenters', 'Lips', 'Voices'], 'Presenters and voices', 'Download more'],
    ['zh-CN', 'dark', ['数字人', '口型', '声音'], '数字人与声音', '下载更多'],
  ] as const)(
    'speaks %s, holds its words in a small window and on a phone, and has no serious fault of accessibility',
    async (locale, colorScheme, tabs, title, more) => {
      await open({ locale, colorScheme, reducedMotion: 'reduce' });
      // The panel is looked at; nobody needs the picture.
      await page.locator('.connect').click();
      await page.locator('#composer').blur();
      await page.keyboard.press('v');
      const dialog = page.getByRole('dialog', { name: title });
      await dialog.waitFor();
      const faults: string[] = [];
      const check = async (name: string) => {
        const { violations } = await new AxeBuilder({ page: page as never })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21aa'])
          .analyze();
        for (const { id, impact, nodes } of violations) {
          if (impact !== 'serious' && impact !== 'critical') continue;
          faults.push(...nodes.map(({ html, target }) => `${name}: ${id} at ${target} ${html.slice(0, 160)}`));
        }
      };
      const fits = async (name: string) => {
        for (const [width, height] of [
          [1024, 640],
          [390, 844],
        ] as const) {
          await page.setViewportSize({ width, height });
          // What marks the chosen tab follows a moment later.
          const tooWide = () =>
            dialog.evaluate((box) =>
              [...box.querySelectorAll('*')]
                .filter((one) => one.getBoundingClientRect().right > box.getBoundingClientRect().right + 1)
                .map(({ outerHTML }) => outerHTML.slice(0, 120)),
            );
          await expect.poll(tooWide, { message: `${name} at ${width} px` }).toEqual([]);
        }
        await page.setViewportSize({ width: 1280, height: 800 });
      };
      for (const name of tabs) {
        await tab(name).click();
        await dialog.getByRole('tabpanel', { name }).waitFor();
        await check(name);
        await fits(name);
      }
      await dialog.getByRole('radio', { name: more }).check();
      await page.getByTestId('catalogue-voice').first().waitFor();
      await check(more);
      await fits(more);
      expect(faults).toEqual([]);
      await page.keyboard.press('Escape');
      await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
      expect(complaints).toEqual([]);
    },
  );
});

/** A folder as people zip it: by its name. */
function zipped(dir: string, name: string): Buffer {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return zipOf(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { name: `${name}/${relative(dir, path).split(sep).join('/')}`, data: readFileSync(path) };
    }),
  );
}
