// npm run bench -- impaired [seconds under each] [H264|VP8]: Chromium behind a bad network, one after the other: what it plays, and
// how long after the network is good again it is back at full quality. Where the kernel has `sch_netem` the same can be had with `tc`;
// this goes through a relay of ours (testing/impaired-link.ts), which every machine has.
import { setTimeout as sleep } from 'node:timers/promises';
import { launchChromium, quantile, view } from '../testing/browser';
import { ImpairedLink, type Impairment, UNIMPAIRED } from '../testing/impaired-link';
import { concealedShare, LinkWatch, longestStallMs, picturesPerSecond } from '../testing/link-watch';
import { postJson, startTestServer } from '../testing/server';

const SECONDS = Number(process.argv[2] ?? 10);
const CODEC = process.argv[3] === 'VP8' ? 'VP8' : 'H264';
const BACK_WITHIN_MS = 15_000;
const OFFSET_MS = 60;
const SETTLE_MS = 5_000;
const FULL_WIDTH_PX = 720;
const QUEUE_BYTES = 32_000;
const TEXT = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all. '.repeat(60);

const SPELLS: [string, Partial<Impairment>][] = [
  ['2 % loss', { loss: 0.02 }],
  ['5 % loss', { loss: 0.05 }],
  ['50 ms', { delayMs: 50 }],
  ['200 ms', { delayMs: 200 }],
  ['300 kbit/s', { rateBps: 300_000, queueBytes: QUEUE_BYTES }],
  ['300 kbit/s, 50 ms, 2 %', { rateBps: 300_000, queueBytes: QUEUE_BYTES, delayMs: 50, loss: 0.02 }],
  ['300 kbit/s, 200 ms, 5 %', { rateBps: 300_000, queueBytes: QUEUE_BYTES, delayMs: 200, loss: 0.05 }],
  ['300 kbit/s, 1,000 packets', { rateBps: 300_000, queueBytes: 1_200_000 }],
];
const HEAD = ['', 'pictures/s', 'width', 'live', 'stall', 'concealed', 'back after', 'offset after'];
const WIDTHS = [27, 12, 7, 7, 10, 11, 12, 18];

const print = (cells: string[]) => console.log(cells.map((cell, i) => cell.padEnd(WIDTHS[i]!)).join(''));
const server = await startTestServer(['--log_level', 'info']);
const browser = await launchChromium();
const link = new ImpairedLink();
try {
  const page = await browser.newPage();
  const { sessionid } = await view(page, server.url, { link, codec: CODEC });
  await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: TEXT });
  const watch = new LinkWatch(page, server.url, sessionid);
  await sleep(SETTLE_MS);
  print(HEAD);
  for (const [name, impairment] of SPELLS) {
    link.toViewer = { ...UNIMPAIRED, ...impairment };
    const from = watch.samples.length;
    await sleep(SECONDS * 1_000);
    const under = watch.samples.slice(from);
    link.toViewer = UNIMPAIRED;
    const endMs = watch.samples.at(-1)!.atMs;
    const full = await watch
      .until(({ onLive, widthPx }) => !onLive && widthPx === FULL_WIDTH_PX, 2 * BACK_WITHIN_MS, 'full quality')
      .catch(() => undefined);
    await sleep(SETTLE_MS);
    const after = watch.samples.length;
    await sleep(SETTLE_MS);
    const offsets = watch.samples.slice(after).flatMap(({ offsetMs }) => (offsetMs === null ? [] : [offsetMs]));
    print([
      name,
      picturesPerSecond(under).toFixed(1),
      String(under.at(-1)!.widthPx),
      `${Math.round((100 * under.filter(({ onLive }) => onLive).length) / under.length)} %`,
      `${Math.round(longestStallMs(under))} ms`,
      `${(100 * concealedShare(under)).toFixed(1)} %`,
      full ? `${((full.atMs - endMs) / 1_000).toFixed(1)} s` : 'not',
      `${quantile(offsets, 0.05).toFixed(0)} to ${quantile(offsets, 0.95).toFixed(0)} ms`,
    ]);
  }
  console.log(`targets: no stall over 2 s, back within ${BACK_WITHIN_MS / 1_000} s, offset within ${OFFSET_MS} ms`);
  console.log(`pictures the encoder had no time for: ${watch.samples.at(-1)!.droppedPictures}`);
  const switches = server.output().match(/the viewer is sent .*/g) ?? [];
  for (const line of switches) console.log(line.replace(/ session=.*/, ''));
  await watch.stop();
} finally {
  await browser.close();
  link.close();
  await server.stop();
}
