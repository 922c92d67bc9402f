import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf, type LlmServer } from '../../testing/llm-server';
import { postJson } from '../../testing/server';
import type { startVoiceServer } from '../../testing/voice-servers';
import type { ChatViewer } from './chat';

type VoiceServer = Awaited<ReturnType<typeof startVoiceServer>>;

const LONG =
  'This answer goes on for quite a while, so that there is plenty of time to interrupt it somewhere. '.repeat(4);
/** What is listened for after an interrupt: anything of the old turn that comes late. */
const LISTEN_MS = 1_500;

export interface Interrupted {
  /** From the request to the last audible sample in the browser; 0 where nothing was heard. */
  silenceMs: number;
  /** From the request until the service saw its socket closed; undefined where it had answered already. */
  socketClosedMs?: number;
}

/** Interrupts now and listens. */
async function interrupt({ page, sessionid }: ChatViewer): Promise<number> {
  return page.evaluate(
    async ({ sessionid, listenMs }) => {
      const t0 = performance.now();
      await fetch('/interrupt_talk', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sessionid }),
      });
      await new Promise((r) => setTimeout(r, listenMs));
      return Math.max(0, window.viewer.lastSoundAtMs - t0);
    },
    { sessionid, listenMs: LISTEN_MS },
  );
}

/** Asks something, waits until `moment`, interrupts, listens. */
async function interruptAt(
  url: string,
  viewer: ChatViewer,
  moment: () => Promise<void>,
  closed: () => Promise<unknown>,
): Promise<Interrupted> {
  await viewer.page.evaluate(() => window.viewer.resetMeters());
  await postJson(`${url}/human`, { sessionid: viewer.sessionid, type: 'chat', text: `Question ${Math.random()}` });
  await moment();
  const startMs = performance.now();
  let socketClosedMs: number | undefined;
  void closed().then(() => (socketClosedMs = performance.now() - startMs));
  const silenceMs = await interrupt(viewer);
  return { silenceMs, ...(socketClosedMs !== undefined && { socketClosedMs }) };
}

export async function duringModelWait(url: string, model: LlmServer, viewer: ChatViewer): Promise<Interrupted> {
  const asked = model.requests.length;
  model.script = answerOf(LONG, { firstTokenMs: 1_000 });
  const moment = async () => {
    while (model.requests.length === asked) await sleep(5);
    await sleep(Math.random() * 500);
  };
  return interruptAt(url, viewer, moment, () => model.requests[asked]!.ended);
}

export async function duringVoiceWait(
  url: string,
  model: LlmServer,
  voice: VoiceServer,
  viewer: ChatViewer,
): Promise<Interrupted> {
  const [asked, left] = [voice.requests.length, voice.clientsLeft];
  model.script = answerOf(LONG, { tokenMs: 5 });
  voice.script = { firstByteDelayMs: 1_000 };
  const moment = async () => {
    while (voice.requests.length === asked) await sleep(5);
    await sleep(Math.random() * 500);
  };
  const closed = async () => {
    while (voice.clientsLeft === left) await sleep(1);
  };
  return interruptAt(url, viewer, moment, closed);
}

/** While it speaks, the model still writing: both must stop. */
export async function duringSpeech(url: string, model: LlmServer, viewer: ChatViewer): Promise<Interrupted> {
  const asked = model.requests.length;
  model.script = answerOf(LONG, { firstTokenMs: 100, tokenMs: 40 });
  const moment = async () => {
    await viewer.page.waitForFunction(() => window.viewer.soundAtMs > 0, undefined, { polling: 20 });
    await sleep(300 + Math.random() * 1_000);
  };
  return interruptAt(url, viewer, moment, () => model.requests[asked]!.ended);
}
