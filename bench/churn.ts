// npm run bench -- churn [cycles]: connect, speak, leave; every second viewer is killed instead of closed. Counts what is left alive.
import { setTimeout as sleep } from 'node:timers/promises';
import { launchChromium, view } from '../testing/browser';
import { getJson, postJson, startTestServer } from '../testing/server';

const CYCLES = Number(process.argv[2] ?? 50);
const WARM_UP_CYCLES = 10;
const SERVER_WIDE = new Set(['espeak-worker', 'infer-process']);
const server = await startTestServer(['--max_session', '1', '--log_level', 'warn']);
const rssMb: number[] = [];
const heapMb: number[] = [];

/** Least-squares slope, MB per cycle. */
function slope(values: number[]): number {
  const meanX = (values.length - 1) / 2;
  const meanY = values.reduce((a, b) => a + b, 0) / values.length;
  let [xy, xx] = [0, 0];
  values.forEach((y, x) => {
    xy += (x - meanX) * (y - meanY);
    xx += (x - meanX) ** 2;
  });
  return xy / xx;
}

try {
  let browser = await launchChromium();
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const page = await browser.newPage();
    const { sessionid } = await view(page, server.url);
    await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: 'Hello there, and welcome.' });
    await sleep(1_500);
    if (cycle % 2 === 0) {
      await page.evaluate(() => window.viewer.pc.close());
      await fetch(`${server.url}/api/sessions/${sessionid}`, { method: 'DELETE' });
      await page.close();
    } else {
      // A killed tab says nothing to anyone: the page's process is crashed, and the next viewer displaces the silent session.
      await page.goto('chrome://crash').catch(() => {});
      await browser.close().catch(() => {});
      browser = await launchChromium();
    }
    rssMb.push(server.rssBytes() / 1e6);
    const { data } = await getJson<{ data: { memory: { heapBytes: number } } }>(`${server.url}/api/health`);
    heapMb.push(data.memory.heapBytes / 1e6);
    process.stdout.write(`\rcycle ${cycle + 1}/${CYCLES}  rss ${rssMb.at(-1)!.toFixed(0)} MB `);
  }
  await browser.close();
  await sleep(11_000);
  const { data } = await getJson<{ data: { sessions: number; native: Record<string, number> } }>(
    `${server.url}/api/health`,
  );
  // The server's own two processes live as long as it does; everything else belongs to somebody who is gone.
  const alive = Object.entries(data.native).filter(([kind, count]) => count > 0 && !SERVER_WIDE.has(kind));
  console.log(
    `\nsessions left ${data.sessions} (target 0), native objects alive ${alive.length === 0 ? 0 : JSON.stringify(Object.fromEntries(alive))} (target 0)`,
  );
  console.log(
    `rss by tens of cycles: ${rssMb
      .filter((_, i) => i % 10 === 9)
      .map((mb) => mb.toFixed(0))
      .join(', ')} MB`,
  );
  console.log(
    `heap by tens of cycles: ${heapMb
      .filter((_, i) => i % 10 === 9)
      .map((mb) => mb.toFixed(0))
      .join(', ')} MB`,
  );
  console.log(
    `rss slope, cycles ${WARM_UP_CYCLES}-${CYCLES}: ${slope(rssMb.slice(WARM_UP_CYCLES)).toFixed(2)} MB a cycle (target <= 0.3)`,
  );
} finally {
  await server.stop();
}
