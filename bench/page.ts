// npm run bench -- page [minutes]: what the studio page costs the browser that watches: CPU time of its scripts, changes of the
// document, the heap after a collection each minute, and what each line that is spoken adds to it.
import { setTimeout as sleep } from 'node:timers/promises';
import { launchChromium } from '../testing/browser';
import { postJson, startTestServer } from '../testing/server';

const MINUTES = Number(process.argv[2] ?? 10);
const TEXT = 'The quick brown fox jumps over the lazy dog. How much wood would a woodchuck chuck?';
const PICTURES_PER_SECOND = 25;
const LINES = 6;

const server = await startTestServer(['--log_level', 'warn']);
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(() => {
    const counts = { changes: 0 };
    Object.assign(window, { counts });
    new MutationObserver((records) => (counts.changes += records.length)).observe(document, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
  });
  await page.goto(server.url);
  await page.getByText('Ready', { exact: true }).first().waitFor();
  const { data } = (await (await fetch(`${server.url}/api/admin/sessions`)).json()) as {
    data: { sessions: { sessionid: number }[] };
  };
  const { sessionid } = data.sessions[0]!;
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.setTimeDomain', { timeDomain: 'threadTicks' });
  await cdp.send('Performance.enable');
  const look = async () => {
    const { metrics } = await cdp.send('Performance.getMetrics');
    const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
    return {
      atS: performance.now() / 1_000,
      scriptS: of('ScriptDuration'),
      taskS: of('TaskDuration'),
      changes: await page.evaluate(() => (window as unknown as { counts: { changes: number } }).counts.changes),
    };
  };
  const heapMb = async () => {
    await cdp.send('HeapProfiler.collectGarbage');
    const { usedSize } = await cdp.send('Runtime.getHeapUsage');
    return usedSize / 1e6;
  };
  const row = (name: string, from: Awaited<ReturnType<typeof look>>, to: Awaited<ReturnType<typeof look>>) => {
    const seconds = to.atS - from.atS;
    const share = (ms: number) => `${((100 * ms) / seconds).toFixed(1)} %`;
    const scripts = share(to.scriptS - from.scriptS);
    const tasks = share(to.taskS - from.taskS);
    const changes = (to.changes - from.changes) / seconds;
    console.log(
      `${name.padEnd(10)} scripts ${scripts} of a core (target < 5 %), all tasks of the main thread ${tasks}, ` +
        `${changes.toFixed(1)} changes of the document a second (pictures: ${PICTURES_PER_SECOND})`,
    );
  };
  await sleep(5_000);
  const idle = await look();
  await sleep(20_000);
  row('idle', idle, await look());
  await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: `${TEXT} ${TEXT} ${TEXT} ${TEXT}` });
  await sleep(1_500);
  const speaking = await look();
  await sleep(12_000);
  row('speaking', speaking, await look());
  await sleep(20_000); // it ends, and what was compiled for it is there
  const heaps = [await heapMb()];
  for (let minute = 1; minute <= MINUTES; minute++) {
    await sleep(60_000);
    heaps.push(await heapMb());
  }
  console.log(`heap after a collection, each minute: ${heaps.map((mb) => mb.toFixed(2)).join('  ')} MB (target: flat)`);
  for (let line = 0; line < LINES; line++) {
    await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: TEXT });
    await sleep(8_000);
  }
  const grownKb = ((await heapMb()) - heaps.at(-1)!) * 1_000;
  console.log(`a line of the conversation keeps ${(grownKb / LINES).toFixed(0)} kB`);
} finally {
  await browser.close();
  await server.stop();
}
