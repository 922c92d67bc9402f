import { spawnSync } from 'node:child_process';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, view } from '../testing/browser';
import { findChromium, INSTALL_CHROMIUM } from '../testing/chromium.mjs';
import { type Impairment, UNIMPAIRED } from '../testing/impaired-link';
import { ImpairedNamespace, type Run } from '../testing/impaired-namespace';
import { LinkWatch, longestStallMs } from '../testing/link-watch';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';

const FULL_WIDTH_PX = 720;
const TEXT = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all. '.repeat(12);
// A third of a second of queue, as in impaired.test.ts.
const NARROW: Impairment = { ...UNIMPAIRED, rateBps: 300_000, loss: 0.05, queueBytes: 12_000 };
/** Two seconds of them, or more while they are fewer a second. */
const PICTURES_UNDER = 50;

/** A kernel that has these queueing disciplines, and nftables or not; what it was told to do. */
function kernel({ has, nft }: { has: string[]; nft: boolean }): { run: Run; lines: string[] } {
  const lines: string[] = [];
  const run: Run = (command, ...args) => {
    lines.push([command, ...args].join(' '));
    const discipline = command === 'tc' && args.includes('root') ? args[args.indexOf('root') + 1] : undefined;
    if (discipline && !has.includes(discipline)) throw new Error('Error: Specified qdisc kind is unknown.');
    if (command === 'nft' && !nft) throw new Error('nft: not found');
    return '';
  };
  return { run, lines };
}

/** What the kernel is told when the network becomes so, without the name of the wire. */
function told(of: Parameters<typeof kernel>[0], impairment: Partial<Impairment>): string[] {
  const { run, lines } = kernel(of);
  const namespace = ImpairedNamespace.create(run);
  lines.length = 0;
  namespace.impair({ ...UNIMPAIRED, ...impairment });
  const said = lines.map((line) => line.replace(/hv\d+a/g, 'WIRE').replace(/herald-\d+/g, 'NAME'));
  namespace.close();
  return said;
}

const NETEM = { has: ['netem', 'tbf'], nft: true };
const NO_NETEM = { has: ['tbf'], nft: true };
const CLEARED = 'tc qdisc del dev WIRE root';

describe('what the kernel is told of a bad network', () => {
  // tc-netem(8): [ LIMIT ] [ DELAY ] [ LOSS ] ... [ RATE ]; `limit` counts what is delayed, too.
  it.each<[string, Partial<Impairment>, string]>([
    ['loss', { loss: 0.05 }, 'limit 1833 loss random 5%'],
    ['loss that is no round number', { loss: 0.07 }, 'limit 1833 loss random 7%'],
    ['delay', { delayMs: 200 }, 'limit 1833 delay 200ms'],
    ['a rate', { rateBps: 300_000, queueBytes: 32_000 }, 'limit 27 rate 300000bit'],
    [
      'all of it',
      { rateBps: 300_000, queueBytes: 32_000, delayMs: 200, loss: 0.02 },
      'limit 34 delay 200ms loss random 2% rate 300000bit',
    ],
    ['a queue for no packet', { rateBps: 300_000, queueBytes: 100 }, 'limit 2 rate 300000bit'],
  ])('%s, by netem', (_, impairment, options) => {
    expect(told(NETEM, impairment)).toEqual([CLEARED, `tc qdisc add dev WIRE root netem ${options}`]);
  });

  it('that it is good again', () => {
    expect(told(NETEM, {})).toEqual([CLEARED]);
    expect(told(NO_NETEM, {})).toEqual([CLEARED, 'nft flush chain netdev NAME out']);
  });

  it('a rate and loss, by tbf and nft where there is no netem', () => {
    expect(told(NO_NETEM, NARROW)).toEqual([
      CLEARED,
      'tc qdisc add dev WIRE root tbf rate 300000bit burst 3000 limit 12000',
      'nft flush chain netdev NAME out',
      'nft add rule netdev NAME out numgen random mod 1000 < 50 drop',
    ]);
  });

  it('nothing that it has no means for, which it says', () => {
    const bad = { ...NARROW, delayMs: 50 };
    const lacks = (of: Parameters<typeof kernel>[0]) => {
      const namespace = ImpairedNamespace.create(kernel(of).run);
      namespace.close();
      return namespace.lacks(bad);
    };
    expect(lacks(NETEM)).toBe('');
    expect(lacks(NO_NETEM)).toBe('delay (no sch_netem)');
    const nothing = lacks({ has: [], nft: false });
    expect(nothing).toContain('loss (neither sch_netem nor nft)');
    expect(nothing).toContain('a rate (neither sch_netem nor sch_tbf)');
  });

  // It reads all of a line before it looks for the device: so far as the words go, this is what a kernel with netem would run.
  it.skipIf(spawnSync('tc', ['-V']).error !== undefined)('in words that tc knows', () => {
    const complaint = (line: string) => spawnSync('tc', line.split(' ').slice(1), { encoding: 'utf8' }).stderr.trim();
    const bad = { ...NARROW, delayMs: 50 };
    for (const of of [NETEM, NO_NETEM]) {
      const [, line] = told(of, bad);
      expect(complaint(line!.replace('WIRE', 'nodevice0'))).toBe('Cannot find device "nodevice0"');
    }
    expect(complaint('tc qdisc add dev nodevice0 root netem loss random five')).toContain('Illegal');
  });
});

const chromium = findChromium();
if (!chromium) console.warn(INSTALL_CHROMIUM);
const missing = ImpairedNamespace.missing();
if (missing) console.warn(`No packet of Chromium's is lost by the kernel here: ${missing}.`);

describe.skipIf(!chromium || missing)('Chromium behind a network that the kernel makes bad', () => {
  let namespace: ImpairedNamespace;
  let server: TestServer | undefined;
  let browser: Browser | undefined;
  const chromiumPath = process.env.CHROMIUM_PATH;

  beforeAll(async () => {
    namespace = ImpairedNamespace.create();
    process.env.CHROMIUM_PATH = namespace.inside(chromium!);
    // In there it is a page of another address: it would be asked for a token.
    [server, browser] = await Promise.all([startTestServer(['--no_auth']), launchChromium()]);
  });
  afterAll(async () => {
    if (chromiumPath === undefined) delete process.env.CHROMIUM_PATH;
    else process.env.CHROMIUM_PATH = chromiumPath;
    await browser?.close();
    await server?.stop();
    namespace?.close();
  });

  it('goes on playing with 5 % loss and 300 kbit/s, and shows whole pictures again after', async (context) => {
    const bad = namespace.offers.delay ? { ...NARROW, delayMs: 50 } : NARROW;
    const lacking = namespace.lacks(bad);
    if (lacking) console.warn(`No packet of Chromium's is lost by the kernel here: it has no means for ${lacking}.`);
    if (lacking) context.skip();
    if (!namespace.offers.delay) console.warn('Without delay: this kernel has no sch_netem.');
    const { url } = server!;
    const page = await browser!.newPage();
    const { sessionid } = await view(page, url.replace('127.0.0.1', namespace.address), { codec: 'H264' });
    const watch = new LinkWatch(page, url, sessionid);
    await postJson(`${url}/human`, { sessionid, type: 'echo', text: TEXT });
    await watch.until(({ framesDecoded, onLive }) => framesDecoded > 30 && !onLive, 30_000, 'pictures');

    namespace.impair(bad);
    const { framesDecoded: before } = await watch.until(({ onLive }) => onLive, 30_000, 'the live rendition');
    const from = watch.samples.length - 1;
    await watch.until(({ widthPx }) => widthPx < FULL_WIDTH_PX, 30_000, 'smaller pictures');
    await watch.until(({ framesDecoded }) => framesDecoded > before + PICTURES_UNDER, 30_000, 'pictures under loss');
    expect(longestStallMs(watch.samples.slice(from))).toBeLessThan(5_000);
    expect(watch.samples.at(-1)!.liveBitrateBps).toBeLessThan(300_000);

    namespace.impair(UNIMPAIRED);
    await watch.until(
      ({ onLive, widthPx }) => !onLive && widthPx === FULL_WIDTH_PX,
      30_000,
      'the program, in its own size',
    );
    await watch.stop();
    const { data } = await getJson<{ data: { sessionFigures: Record<string, Record<string, number>> } }>(
      `${url}/api/health`,
    );
    // Packets were lost on the way, asked for, and sent again.
    expect(data.sessionFigures[sessionid]!.sentAgain).toBeGreaterThan(0);
    expect(server!.output()).toMatch(/is sent live: its network carries \d+ kbit\/s by (delay|loss|silence)/);
  });
});
