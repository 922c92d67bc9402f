import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright';
import { view } from '../../testing/browser';
import { answerOf, type LlmServer, type Reply, startLlmServer } from '../../testing/llm-server';
import { postJson } from '../../testing/server';

/** What a small hosted model, or one of 7B on a graphics card, does: 100 tokens a second after 0.25 s. */
const TIMING = { firstTokenMs: 250, tokenMs: 10 };

/** Openings as models write them: short and long first clauses, with and without Markdown, English and Chinese. */
const ANSWERS = [
  'Sure! The museum opens at nine in the morning and closes at six.',
  'Of course. You can take the tram from the main station, which runs every ten minutes.',
  'The weather in the valley is mild for most of the year, although it rains a lot in April.',
  "That's a good question, and the short answer is that nobody knows for certain.",
  'Yes, we are open on Sundays from ten until four.',
  '**Paris** is the capital of France, and about two million people live there.',
  'A black hole is a region of space from which nothing can escape, not even light.',
  'You will find the exit behind the second staircase on your left.',
  '好的，博物馆每天早上九点开门，下午六点关门。',
  '当然可以！请您沿着这条路一直走，然后在第二个路口左转。',
  '量子计算机利用量子力学的原理来处理信息，速度比普通计算机快得多。',
  'Water boils at one hundred degrees Celsius at sea level; higher up it boils sooner.',
];

export interface ChatTurn {
  /** First token written by the model -> first audible sample in the browser. */
  tokenToSoundMs: number;
}

/** Answers every question with the next of the answers above. */
export const talk = ({ index }: { index: number }): Reply => answerOf(ANSWERS[index % ANSWERS.length]!, TIMING);

export const startModel = (): Promise<LlmServer> => startLlmServer({ script: talk });

export interface ChatViewer {
  page: Page;
  sessionid: number;
}

export async function openViewer(browser: Browser, url: string): Promise<ChatViewer> {
  const page = await browser.newPage();
  const { sessionid } = await view(page, url);
  await sleep(2_000); // its jitter buffers settle
  return { page, sessionid };
}

/** Asks one question and waits until the answer is heard; then it is cut, or said `toEnd`. */
export async function ask(
  url: string,
  model: LlmServer,
  { page, sessionid }: ChatViewer,
  { toEnd = false } = {},
): Promise<ChatTurn | undefined> {
  const question = `Question ${Math.random()}`;
  await page.evaluate(() => window.viewer.resetMeters());
  await postJson(`${url}/human`, { sessionid, type: 'chat', text: question });
  const soundAtEpochMs = await page.evaluate(async () => {
    for (let waited = 0; waited < 8_000 && !window.viewer.soundAtMs; waited += 10)
      await new Promise((r) => setTimeout(r, 10));
    return window.viewer.soundAtMs && performance.timeOrigin + window.viewer.soundAtMs;
  });
  const request = model.requests.find((r) => r.question === question);
  if (!toEnd) await postJson(`${url}/interrupt_talk`, { sessionid });
  while ((await postJson<{ data: boolean }>(`${url}/is_speaking`, { sessionid })).data) await sleep(50);
  await sleep(600);
  if (!soundAtEpochMs || request?.firstTokenAtEpochMs === undefined) return undefined;
  return { tokenToSoundMs: soundAtEpochMs - request.firstTokenAtEpochMs };
}
