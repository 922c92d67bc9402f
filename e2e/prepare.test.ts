import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { wav } from '../testing/audio-files';
import { dropSound, launchChromium } from '../testing/browser';
import { findChromium, INSTALL_CHROMIUM } from '../testing/chromium.mjs';
import { type Followed, followEvents } from '../testing/events';
import { mediaFacts } from '../testing/media-facts';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';

const chromium = findChromium();
if (!chromium) console.warn(INSTALL_CHROMIUM);

const LINES = ['One.', 'Two is spoken.', 'Three comes next.', 'Four ends it.'];
const SRT = LINES.map((text, i) => `${i + 1}\n00:00:0${i},000 --> 00:00:0${i},900\n${text}\n`).join('\n');
/** For machines that have other things to do as well. */
const PATIENT = { timeout: 15_000 };
/** Longer than the tone's period. */
const WINDOW_MS = 10;
const WINDOW_SAMPLES = WINDOW_MS * 48;
/** A buzzing tone as a WAV file. */
const buzz = (seconds: number) => wav(seconds * 16_000, 16_000, 1, (i) => (((i % 100) - 50) * 250) / 32_767);

/** The words that people see on the way from a recording to the part of it that is spoken, in each language. */
const TRIM_LABELS = [
  {
    locale: 'en-GB',
    tab: 'Audio',
    invitation: 'Drop to open it',
    start: 'Beginning',
    end: 'End',
    part: '0:01.1 to 0:03.0, 0:01.9 long',
    speak: 'Speak this part',
    progress: 'How much was said',
    said: 'Said',
    again: 'Open buzz.wav',
  },
  {
    locale: 'zh-CN',
    tab: '音频',
    invitation: '松开以打开',
    start: '起点',
    end: '终点',
    part: '0:01.1 至 0:03.0，长 0:01.9',
    speak: '让数字人说这段',
    progress: '已说的进度',
    said: '已说完',
    again: '打开 buzz.wav',
  },
] as const;

/** Loudness of what the page plays, since the last question. */
const listen = (page: Page) =>
  page.evaluate(() => {
    const stream = document.querySelector('video')?.srcObject as MediaStream;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const meter = { peak: 0 };
    Object.assign(window, { meter });
    setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      for (const sample of samples) meter.peak = Math.max(meter.peak, Math.abs(sample));
    }, 10);
  });
const peak = (page: Page) => page.evaluate(() => (window as unknown as { meter: { peak: number } }).meter.peak);

describe.skipIf(!chromium)('script and recordings', () => {
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  let events: Followed;
  let complaints: string[];

  beforeAll(async () => {
    server = await startTestServer();
    // A microphone that beeps, and leave to hear it.
    browser = await launchChromium(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
  });
  afterAll(async () => {
    await browser?.close();
    expect(await server?.stop(), server?.output()).toBe(0);
  });
  afterEach(async () => {
    events?.close();
    await page?.context().close();
    expect(complaints).toEqual([]);
  });

  async function open(locale: string, tab: string): Promise<number> {
    const context = await browser.newContext({ locale, viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(server.url);
    await expect.poll(() => page.getByTestId('status').textContent(), PATIENT).toMatch(/^(Ready|已就绪)$/);
    await page.getByRole('tab', { name: tab }).click();
    const { data } = await getJson<{ data: { sessions: { sessionid: number }[] } }>(`${server.url}/api/admin/sessions`);
    const id = data.sessions.at(-1)!.sessionid;
    events = await followEvents(server.url, id);
    return id;
  }
  const panel = (name: string) => page.getByRole('tabpanel', { name });
  async function accessible(name: string): Promise<void> {
    const id = await panel(name).getAttribute('id');
    const { violations } = await new AxeBuilder({ page }).include(`[id="${id}"]`).analyze();
    expect(violations.map((violation) => [violation.id, violation.nodes.map((node) => node.html)])).toEqual([]);
  }
  /** How long anything sounds in what was just recorded. Holes of a machine that is too busy are no part of it. */
  async function audibleMs(sessionid: number): Promise<number> {
    const dir = mkdtempSync(join(tmpdir(), 'herald-prepare-'));
    try {
      const file = join(dir, 'recorded.mp4');
      writeFileSync(file, Buffer.from(await (await fetch(`${server.url}/record/${sessionid}`)).arrayBuffer()));
      const { audio } = await mediaFacts(file);
      const samples = Float32Array.from(audio.blocks.flatMap((block) => [...block.samples]));
      let windows = 0;
      for (let at = 0; at < samples.length; at += WINDOW_SAMPLES) {
        if (samples.subarray(at, at + WINDOW_SAMPLES).some((sample) => Math.abs(sample) > 0.1)) windows++;
      }
      return windows * WINDOW_MS;
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
  const lines = () => page.getByTestId('script-line');
  const shown = (place: number) =>
    lines()
      .nth(place - 1)
      .getAttribute('data-state');
  const becomes = (place: number, state: string) => expect.poll(() => shown(place), PATIENT).toBe(state);
  const words = () => lines().locator('[data-edit]').allTextContents();
  const heard = () => events.events.flatMap((event) => (event.status === 'start' ? [event.text] : []));
  const bring = (name: string, text: string) =>
    page.getByTestId('script-input').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

  it('speaks an imported script from a line on, each line once, the next one handed over while one sounds', async () => {
    await open('en-GB', 'Script');
    await page.getByText('Nothing to say yet').waitFor();
    await bring('Show.srt', SRT);
    await expect.poll(words, PATIENT).toEqual(LINES);
    expect(await page.getByLabel('Title of the script').inputValue()).toBe('Show');
    await accessible('Script');

    await page.getByRole('button', { name: 'More for line 2' }).click();
    await page.getByRole('menuitem', { name: 'Speak from here' }).click();
    await becomes(2, 'sounding');
    await becomes(3, 'waiting');
    await becomes(4, 'said');
    expect(heard()).toEqual(LINES.slice(1));
    expect(await shown(1)).toBe('');
    // The line after was with the server before the one in front of it was over.
    const { events: all } = events;
    const turns = all.flatMap((event) => (event.status === 'turn' ? [event.turn] : []));
    for (const turn of turns.slice(0, -1)) {
      const over = all.findIndex((event) => event.status === 'latency' && event.turn === turn);
      expect(all.findIndex((event) => event.status === 'turn' && event.turn === turn + 1)).toBe(over + 1);
    }

    // What was written is there again after a reload, and a text file brings the same lines.
    await page.getByRole('button', { name: 'More for this script' }).click();
    const saved = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: 'Save as .txt' }).click();
    const stream = await (await saved).createReadStream();
    expect(Buffer.concat(await stream.toArray()).toString()).toBe(`${LINES.join('\n')}\n`);
    await page.reload();
    await page.getByRole('tab', { name: 'Script' }).click();
    await expect.poll(words, PATIENT).toEqual(LINES);
  });

  it('is sorted and edited by keyboard, and goes on by hotkeys wherever nothing is typed', async () => {
    await open('en-GB', 'Script');
    await bring('a.csv', 'text,pause\n"Alpha, first",\nBeta,0.5\nGamma,\n');
    await expect.poll(words, PATIENT).toEqual(['Alpha, first', 'Beta', 'Gamma']);
    await page.getByRole('button', { name: 'Move line 3' }).focus();
    await page.keyboard.press('Space');
    await page.getByText('Line 3 now stands at place 3.').waitFor({ state: 'attached' });
    // dnd-kit hears the keys from the next turn of the event loop on, and knows the places when it has measured them.
    const movedUp = page.getByText('Line 3 now stands at place 2.');
    const moveUp = async () => {
      await page.keyboard.press('ArrowUp');
      return await movedUp.waitFor({ state: 'attached', timeout: 1_000 }).then(
        () => true,
        () => false,
      );
    };
    await expect.poll(moveUp, PATIENT).toBe(true);
    await page.keyboard.press('Space');
    await expect.poll(words, PATIENT).toEqual(['Alpha, first', 'Gamma', 'Beta']);

    await page.getByRole('button', { name: 'Edit line 1' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('Now the next nightly news');
    expect(heard()).toEqual([]);
    await page.keyboard.press('Enter');
    await expect.poll(words, PATIENT).toEqual(['Now the next nightly news', 'Gamma', 'Beta']);

    await page.keyboard.press('n');
    await becomes(1, 'said');
    await page.keyboard.press('n');
    await becomes(2, 'said');
    await page.keyboard.press('r');
    await expect.poll(() => heard().filter((text) => text === 'Gamma').length, PATIENT).toBe(2);
    await becomes(2, 'said');
    expect(await shown(3)).toBe('');
  });

  it('stops at Esc in the middle, drops the rest, and speaks Chinese lines', async () => {
    await open('zh-CN', '台词');
    const long = '这是一段很长的台词，它要说上好一会儿，好让人有时间在中间打断它。'.repeat(2);
    await page.getByLabel('添加一行').fill(`${long}\n后面还有一行。\n最后一行。`);
    await page.getByLabel('添加一行').press('Enter');
    await expect.poll(() => lines().count(), PATIENT).toBe(3);
    await page.getByRole('button', { name: '全部播报' }).click();
    await becomes(1, 'sounding');
    await becomes(2, 'waiting');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: '继续' }).waitFor();
    await events.until((event) => event.status === 'latency' && event.interruptToSilenceMs !== undefined);
    expect(await shown(1)).toBe('');
    expect(heard().join('')).not.toContain('后面');
    await page.getByRole('button', { name: '继续' }).click();
    await becomes(3, 'said');
    expect(heard().slice(-2)).toEqual(['后面还有一行。', '最后一行。']);
  });

  it.each(TRIM_LABELS)(
    'trims a dropped recording by keyboard, and the presenter speaks that part, no more and no less ($locale)',
    async (named) => {
      const sessionid = await open(named.locale, named.tab);
      await listen(page);
      await dropSound(page, { name: 'buzz.wav', bytes: buzz(4), invitation: named.invitation });
      const start = page.getByRole('slider', { name: named.start });
      await start.focus();
      await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press('ArrowRight');
      await page.getByRole('slider', { name: named.end, exact: true }).focus();
      await page.keyboard.press('Shift+ArrowLeft');
      await page.keyboard.press('Alt+ArrowLeft');
      expect(await page.getByTestId('part').textContent()).toBe(named.part);
      expect(await start.getAttribute('aria-valuenow')).toBe('1.10');
      const partMs = 2_990 - 1_100;
      await accessible(named.tab);

      await postJson(`${server.url}/record`, { sessionid, type: 'start_record' });
      await page.getByRole('button', { name: named.speak }).click();
      await page.getByRole('progressbar', { name: named.progress }).waitFor();
      await panel(named.tab).getByText(named.said, { exact: true }).waitFor();
      await postJson(`${server.url}/record`, { sessionid, type: 'end_record' });
      expect(await peak(page)).toBeGreaterThan(0.05);
      expect(Math.abs((await audibleMs(sessionid)) - partMs)).toBeLessThanOrEqual(40);
      await page.getByRole('button', { name: named.again }).waitFor();
    },
  );

  it('says what to do with a file that is no sound, records the microphone, and trims that, in Chinese', async () => {
    await open('zh-CN', '音频');
    const pick = (name: string, mimeType: string, text: string) =>
      page.getByTestId('recording-input').setInputFiles({ name, mimeType, buffer: Buffer.from(text) });
    await pick('notes.pdf', 'application/pdf', 'no sound');
    await page.getByRole('alert').filter({ hasText: 'notes.pdf 不是录音' }).waitFor();
    await pick('broken.wav', 'audio/wav', 'not audio at all');
    await page.getByRole('alert').filter({ hasText: '浏览器读不了这个文件' }).waitFor();
    await page.getByRole('button', { name: '让数字人说', exact: true }).click();
    await page
      .getByRole('alert')
      .filter({ hasText: '数字人说不了这个文件' })
      .filter({ hasText: '这不是可以播放的音频' })
      .waitFor();

    await page.getByRole('button', { name: '录下声音' }).click();
    await page.getByRole('img', { name: '音量' }).waitFor();
    // The fake microphone beeps once a second.
    await page.waitForTimeout(1_300);
    await page.getByRole('button', { name: '完成' }).click();
    const start = page.getByRole('slider', { name: '起点' });
    await start.focus();
    await page.keyboard.press('ArrowRight');
    expect(await start.getAttribute('aria-valuenow')).toBe('0.10');
    await page.getByRole('button', { name: '让数字人说这段' }).click();
    await panel('音频').getByText('已说完', { exact: true }).waitFor();
    const [begun] = events.events.filter((event) => event.status === 'start');
    expect(begun?.status === 'start' && begun.text).toMatch(/^mic .*\.wav$/);
  });

  it('tells a refused microphone from a missing one', async () => {
    await open('en-GB', 'Audio');
    for (const [name, words] of [
      ['NotAllowedError', /not allowed/],
      ['NotFoundError', /no microphone/],
    ] as const) {
      await page.evaluate((error) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', error));
      }, name);
      await page.getByRole('button', { name: 'Record voice' }).click();
      await page.getByRole('alert').filter({ hasText: words }).waitFor();
    }
  });
});
