import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright';
import { expect } from 'vitest';
import type { SessionSummary } from '../src/shared/protocol';
import { getJson } from './server';

/** What a person hears and sees of a presenter who talks: meters in the studio page, in a browser or in the desktop window. */

/** Puts a sound meter on what the page plays; call it once the presenter is there. */
export const listen = (page: Page) =>
  page.evaluate(() => {
    const stream = document.querySelector('video')?.srcObject as MediaStream;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const meter = { lastSoundMs: Number.NEGATIVE_INFINITY };
    Object.assign(window, { meter });
    setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      if (samples.some((s) => Math.abs(s) > 0.01)) meter.lastSoundMs = performance.now();
    }, 10);
  });

/** Milliseconds since anything was audible. */
const silentForMs = (page: Page) =>
  page.evaluate(() => {
    const { meter } = window as unknown as { meter: { lastSoundMs: number } };
    return performance.now() - meter.lastSoundMs;
  });
export const audible = (page: Page) => expect.poll(() => silentForMs(page), { timeout: 10_000 }).toBeLessThan(100);
export const silent = (page: Page) => expect.poll(() => silentForMs(page), { timeout: 5_000 }).toBeGreaterThan(500);

/** Watches how far the mouth is from how it is now; for a presenter who keeps still when silent. */
const watchLips = (page: Page) =>
  page.evaluate(() => {
    const video = document.querySelector('video') as HTMLVideoElement;
    const ink = new OffscreenCanvas(48, 32).getContext('2d', { willReadFrequently: true })!;
    const lips = { moved: 0, pictures: 0 };
    let atRest: Uint8ClampedArray | undefined;
    const look = () => {
      const { videoWidth: w, videoHeight: h } = video;
      ink.drawImage(video, w * 0.38, h * 0.64, w * 0.24, h * 0.16, 0, 0, 48, 32);
      const now = ink.getImageData(0, 0, 48, 32).data;
      atRest ??= now;
      let sum = 0;
      for (let i = 0; i < now.length; i += 4) sum += Math.abs(now[i]! - atRest[i]!);
      lips.moved = Math.max(lips.moved, sum / (now.length / 4));
      lips.pictures++;
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    Object.assign(window, { lips });
  });
/** Mean difference of the mouth's pixels from the picture at rest, at its largest so far. */
const lips = (page: Page) =>
  page.evaluate(() => (window as unknown as { lips: { moved: number; pictures: number } }).lips);

/** The labels that a person goes by. */
export const TALK_LABELS = [
  {
    locale: 'en-GB',
    still: 'Still',
    live: 'Live',
    label: 'Text to say',
    words: 'How nice to see you all here today.',
    on: /^Speaking$/,
  },
  {
    locale: 'zh-CN',
    still: '静止',
    live: '动态',
    label: '要说的文字',
    words: '很高兴今天见到大家。',
    on: /^正在说话$/,
  },
] as const;

/** A presenter who is told to keep still does; then says what is typed, with sound and lips; then lives again in silence. */
export async function talksAndKeepsStill(page: Page, named: (typeof TALK_LABELS)[number]): Promise<void> {
  const { origin } = new URL(page.url());
  type Health = { data: { mouth: { state: string } } };
  type Sessions = { data: { sessions: SessionSummary[] } };
  const mouth = async () => (await getJson<Health>(`${origin}/api/health`)).data.mouth.state;
  const audiotype = async () => (await getJson<Sessions>(`${origin}/api/admin/sessions`)).data.sessions[0]?.audiotype;
  // A server that has just started speaks with lips at rest until its model is tried out.
  await expect.poll(mouth, { timeout: 30_000 }).toBe('ready');
  await listen(page);
  await page.getByRole('radio', { name: named.still }).check();
  await expect.poll(audiotype).toBe(1);
  // The pictures from before that have arrived.
  await sleep(500);
  await watchLips(page);
  await expect.poll(async () => (await lips(page)).pictures).toBeGreaterThan(10);
  expect((await lips(page)).moved).toBeLessThan(3);
  await page.getByLabel(named.label).fill(named.words);
  await page.keyboard.press('Enter');
  await expect.poll(() => page.getByTestId('status').textContent(), { timeout: 15_000 }).toMatch(named.on);
  await audible(page);
  await expect.poll(async () => (await lips(page)).moved, { timeout: 5_000 }).toBeGreaterThan(6);
  const line = page.getByTestId('line').filter({ hasText: named.words }).last();
  await expect.poll(() => line.getAttribute('data-state'), { timeout: 20_000 }).toBe('said');
  await page.getByRole('radio', { name: named.live }).check();
  await expect.poll(audiotype).toBe(0);
}
