// npm run bench -- sync [seconds]: five minutes in Chromium while the presenter speaks on and off.
import { setTimeout as sleep } from 'node:timers/promises';
import { launchChromium, quantile, receiverFigures, view } from '../testing/browser';
import { getJson, postJson, startTestServer } from '../testing/server';

const SECONDS = Number(process.argv[2] ?? 300);
const SETTLE_SECONDS = 5;
const TEXT =
  'The quick brown fox jumps over the lazy dog. How much wood would a woodchuck chuck, if a woodchuck could chuck wood?';
const server = await startTestServer(['--log_level', 'warn']);
const browser = await launchChromium();
try {
  const page = await browser.newPage();
  const { sessionid } = await view(page, server.url);
  const first = await receiverFigures(page);
  const offsets: { second: number; ms: number }[] = [];
  for (let second = 1; second <= SECONDS; second++) {
    await sleep(1_000);
    if (second % 15 === 5) await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: TEXT });
    const { offsetMs } = await receiverFigures(page);
    if (offsetMs !== null && second > SETTLE_SECONDS) offsets.push({ second, ms: offsetMs });
  }
  const last = await receiverFigures(page);
  const elapsedS = (last.atMs - first.atMs) / 1_000;
  const ms = offsets.map((o) => o.ms);
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const tenth = Math.max(1, Math.floor(ms.length / 10));
  const concealed = last.concealedSamples - first.concealedSamples;
  console.log(`seconds                   ${elapsedS.toFixed(1)}`);
  console.log(
    `pictures per second       ${((last.framesDecoded - first.framesDecoded) / elapsedS).toFixed(2)}   (target 25 +-0.5)`,
  );
  console.log(
    `freezes                   ${last.freezeCount - first.freezeCount}, dropped ${last.framesDropped - first.framesDropped}`,
  );
  console.log(
    `concealed audio           ${concealed} samples in ${last.concealmentEvents - first.concealmentEvents} events (${((100 * concealed) / (last.totalSamples - first.totalSamples)).toFixed(3)} %)`,
  );
  console.log(
    `jitter buffers            video ${last.jitterBufferMs.video.toFixed(0)} ms, audio ${last.jitterBufferMs.audio.toFixed(0)} ms`,
  );
  console.log(
    `video - audio offset      min ${Math.min(...ms).toFixed(1)}  p5 ${quantile(ms, 0.05).toFixed(1)}  p50 ${quantile(ms, 0.5).toFixed(1)}  p95 ${quantile(ms, 0.95).toFixed(1)}  max ${Math.max(...ms).toFixed(1)} ms   (target within +-40)`,
  );
  const every = Math.max(1, Math.floor(offsets.length / 10));
  const timeline = offsets.filter((_, i) => i % every === 0).map(({ second, ms }) => `${second}s ${ms.toFixed(0)}`);
  console.log(`offset over time          ${timeline.join('  ')}`);
  console.log(
    `drift (last - first tenth) ${(mean(ms.slice(-tenth)) - mean(ms.slice(0, tenth))).toFixed(1)} ms   (target within 10)`,
  );
  const { data } = await getJson<{ data: { sessionFigures: Record<string, unknown> } }>(`${server.url}/api/health`);
  console.log(`server                    ${JSON.stringify(data.sessionFigures[sessionid])}`);
} finally {
  await browser.close();
  await server.stop();
}
