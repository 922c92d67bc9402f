// npm run bench -- latency [runs] [echo|chat]: what a viewer in Chromium waits for, p50 / p95. Wall time, so only as good as
// the machine is idle.
import { setTimeout as sleep } from 'node:timers/promises';
import { launchChromium, view } from '../testing/browser';
import { postJson, startTestServer } from '../testing/server';
import { measureConversation } from './parts/conversation';
import { row } from './parts/rows';

const RUNS = Number(process.argv[2] ?? 20);
const ONLY = process.argv[3];
const SHORT = 'Hello there, welcome.';
const LONG =
  'This is a long sentence that goes on for quite a while, so that there is plenty of time to interrupt it somewhere.';
const browser = await launchChromium();

try {
  if (ONLY !== 'chat') await measureSession();
  if (ONLY !== 'echo') await measureConversation(browser, RUNS);
} finally {
  await browser.close();
}

async function measureSession(): Promise<void> {
  const server = await startTestServer(['--max_session', '4', '--log_level', 'warn']);
  try {
    await sleep(3_000); // the mouth warms up
    const [answer, connected, picture]: number[][] = [[], [], []];
    for (let i = 0; i < RUNS; i++) {
      const page = await browser.newPage();
      const viewer = await view(page, server.url);
      if (i > 0 || RUNS === 1) {
        answer!.push(viewer.answerMs);
        connected!.push(viewer.connectedMs);
        picture!.push(viewer.firstPictureMs);
      }
      await page.close();
      await fetch(`${server.url}/api/sessions/${viewer.sessionid}`, { method: 'DELETE' });
    }
    row('offer -> answer', answer!, '50 ms');
    row('offer -> connected', connected!, '300 ms');
    row('offer -> first picture', picture!, '500 ms');

    const page = await browser.newPage();
    const { sessionid } = await view(page, server.url);
    await sleep(2_000); // jitter buffers settle
    const [sound, lips, silence]: number[][] = [[], [], []];
    for (let i = 0; i < RUNS; i++) {
      const measured = await page.evaluate(
        async ({ sessionid, text }) => {
          window.viewer.resetMeters();
          await new Promise((r) => setTimeout(r, 200)); // a fresh idle mouth to compare with
          const t0 = performance.now();
          await fetch('/human', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ sessionid, type: 'echo', text }),
          });
          for (let waited = 0; waited < 5_000 && !(window.viewer.soundAtMs && window.viewer.lipAtMs); waited += 20) {
            await new Promise((r) => setTimeout(r, 20));
          }
          return { sound: window.viewer.soundAtMs - t0, lips: window.viewer.lipAtMs - t0 };
        },
        { sessionid, text: SHORT },
      );
      if (measured.sound > 0) sound!.push(measured.sound);
      if (measured.lips > 0) lips!.push(measured.lips);
      while ((await postJson<{ data: boolean }>(`${server.url}/is_speaking`, { sessionid })).data) await sleep(100);
      await sleep(500);
    }
    for (let i = 0; i < RUNS; i++) {
      await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: LONG });
      await page.evaluate(() => window.viewer.resetMeters());
      await sleep(1_000 + Math.random() * 1_000);
      silence!.push(
        await page.evaluate(async (sessionid) => {
          const t0 = performance.now();
          await fetch('/interrupt_talk', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ sessionid }),
          });
          await new Promise((r) => setTimeout(r, 900));
          return Math.max(0, window.viewer.lastSoundAtMs - t0);
        }, sessionid),
      );
    }
    row('/human echo -> first audible sample', sound!, '350 ms');
    row('/human echo -> first moved lip', lips!, '350 ms');
    row('interrupt -> silence', silence!, '200 ms');
  } finally {
    await server.stop();
  }
}
