// npm run bench -- impaired [seconds under each] [H264|VP8] [netns] [only=NAME]: Chromium behind a bad network, one after the other:
// what it plays, how long after the network is good again it is back at full quality, for how long sound and picture were more than
// 60 ms apart, and when they are together again. It goes through a relay of ours (testing/impaired-link.ts), which every machine has; with `netns` Chromium stands in a network namespace
// and the kernel impairs its packets: all of it where there is `sch_netem`, else what nft and tbf can do.
import { setTimeout as sleep } from 'node:timers/promises';
import { launchChromium, quantile, view } from '../testing/browser';
import { findChromium } from '../testing/chromium.mjs';
import { ImpairedLink, type Impairment, UNIMPAIRED } from '../testing/impaired-link';
import { ImpairedNamespace } from '../testing/impaired-namespace';
import { concealedShare, type LinkSample, LinkWatch, longestStallMs, picturesPerSecond } from '../testing/link-watch';
import { postJson, startTestServer } from '../testing/server';

const SECONDS = Number(process.argv[2] ?? 10);
const CODEC = process.argv[3] === 'VP8' ? 'VP8' : 'H264';
const IN_NAMESPACE = process.argv.includes('netns');
/** Those whose names begin so. */
const ONLY = process.argv.find((arg) => arg.startsWith('only='))?.slice(5) ?? '';
const BACK_WITHIN_MS = 15_000;
const OFFSET_MS = 60;
const SETTLE_MS = 5_000;
/** Nothing is asked of a stream that has only begun, on a machine that is busy with beginning. */
const SETTLES_WITHIN_MS = 30_000;
/** Sound and picture are together when they have been for so long. */
const TOGETHER_MS = 3_000;
const TOGETHER_WITHIN_MS = 40_000;
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
const HEAD = [
  '',
  'pictures/s',
  'width',
  'live',
  'stall',
  'concealed',
  'back after',
  'apart',
  'together after',
  'offset then',
];
const WIDTHS = [27, 12, 7, 7, 10, 11, 12, 18, 16, 18];

const print = (cells: string[]) => console.log(cells.map((cell, i) => cell.padEnd(WIDTHS[i]!)).join(''));
const missing = IN_NAMESPACE ? ImpairedNamespace.missing() : undefined;
if (missing) {
  console.log(`Not measured: ${missing}.`);
  process.exit(0);
}
const namespace = IN_NAMESPACE ? ImpairedNamespace.create() : undefined;
// In there it is a page of another address: it would be asked for a token.
const server = await startTestServer(['--log_level', 'info', ...(namespace ? ['--no_auth'] : [])]);
if (namespace) process.env.CHROMIUM_PATH = namespace.inside(findChromium() ?? 'chromium');
const browser = await launchChromium();
const link = new ImpairedLink();
const impose = (impairment: Impairment) => {
  if (namespace) namespace.impair(impairment);
  else link.toViewer = impairment;
};
try {
  const page = await browser.newPage();
  const url = namespace ? server.url.replace('127.0.0.1', namespace.address) : server.url;
  const { sessionid } = await view(page, url, { ...(namespace ? {} : { link }), codec: CODEC });
  await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: TEXT });
  const watch = new LinkWatch(page, server.url, sessionid);
  await sleep(SETTLE_MS);
  const settled = watch.samples.length;
  await watch
    .until(() => togetherSince(watch.samples.slice(settled)) !== undefined, SETTLES_WITHIN_MS, 'sound and picture')
    .catch(() => console.log(`sound and picture are apart before it begins: ${watch.samples.at(-1)!.offsetMs} ms`));
  print(HEAD);
  for (const [name, impairment] of SPELLS) {
    if (!name.startsWith(ONLY)) continue;
    const lacking = namespace?.lacks({ ...UNIMPAIRED, ...impairment });
    if (lacking) {
      print([name, `not measured: this kernel has no means for ${lacking}`]);
      continue;
    }
    impose({ ...UNIMPAIRED, ...impairment });
    const from = watch.samples.length;
    await sleep(SECONDS * 1_000);
    const under = watch.samples.slice(from);
    impose(UNIMPAIRED);
    const endMs = watch.samples.at(-1)!.atMs;
    const full = await watch
      .until(({ onLive, widthPx }) => !onLive && widthPx === FULL_WIDTH_PX, 2 * BACK_WITHIN_MS, 'full quality')
      .catch(() => undefined);
    const since = watch.samples.length;
    const together = await watch
      .until(() => togetherSince(watch.samples.slice(since)) !== undefined, TOGETHER_WITHIN_MS, 'sound and picture')
      .then(() => togetherSince(watch.samples.slice(since)))
      .catch(() => undefined);
    const last = watch.samples.slice(-15).flatMap(({ offsetMs }) => (offsetMs === null ? [] : [offsetMs]));
    print([
      name,
      picturesPerSecond(under).toFixed(1),
      String(under.at(-1)!.widthPx),
      `${Math.round((100 * under.filter(({ onLive }) => onLive).length) / under.length)} %`,
      `${Math.round(longestStallMs(under))} ms`,
      `${(100 * concealedShare(under)).toFixed(1)} %`,
      full ? `${((full.atMs - endMs) / 1_000).toFixed(1)} s` : 'not',
      apartFor(watch.samples.slice(from)),
      together === undefined ? 'not' : `${((together - endMs) / 1_000).toFixed(1)} s`,
      `${quantile(last, 0.05).toFixed(0)} to ${quantile(last, 0.95).toFixed(0)} ms`,
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
  namespace?.close();
  await server.stop();
}

/** When the offset came within the target for good, as far as these samples know; undefined unless that is long enough ago. */
function togetherSince(samples: readonly LinkSample[]): number | undefined {
  const lastApart = samples.findLastIndex(({ offsetMs }) => offsetMs === null || Math.abs(offsetMs) > OFFSET_MS);
  const first = samples[lastApart + 1];
  return first && samples.at(-1)!.atMs - first.atMs >= TOGETHER_MS ? first.atMs : undefined;
}

/** For how long together the offset was beyond the target, and by how much at worst; pictures that stand are no offset. */
function apartFor(samples: readonly LinkSample[]): string {
  let [apartMs, worstMs] = [0, 0];
  for (const [i, { atMs, offsetMs, framesDecoded }] of samples.entries()) {
    const before = samples[i - 1];
    if (!before || offsetMs === null || framesDecoded === before.framesDecoded) continue;
    if (Math.abs(offsetMs) <= OFFSET_MS) continue;
    apartMs += atMs - before.atMs;
    if (Math.abs(offsetMs) > Math.abs(worstMs)) worstMs = offsetMs;
  }
  return apartMs === 0 ? 'never' : `${(apartMs / 1_000).toFixed(1)} s, ${worstMs.toFixed(0)} ms`;
}
