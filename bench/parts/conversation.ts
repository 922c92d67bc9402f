import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright';
import { quantile } from '../../testing/browser';
import { followEvents } from '../../testing/events';
import { getJson, startTestServer } from '../../testing/server';
import { startVoiceServer, tone } from '../../testing/voice-servers';
import { ask, type ChatViewer, openViewer, startModel, talk } from './chat';
import { duringModelWait, duringSpeech, duringVoiceWait, type Interrupted } from './interrupts';
import { row } from './rows';

/** What the scripted voice service takes before its first byte; the rest of the way is Herald's. */
const ENGINE_MS = 100;

/** First token -> first audible sample, alone and two at once, and what an interrupt takes, at receivers in Chromium. */
export async function measureConversation(browser: Browser, turns: number): Promise<void> {
  const model = await startModel();
  const voice = await startVoiceServer('openai', { speech: (text) => tone(24_000, 60 * text.length) });
  const chat = ['--max_session', '4', '--log_level', 'warn', '--llm_base_url', model.url, '--llm_model', 'scripted'];

  const tokenToSound = async (url: string, viewer: ChatViewer, count: number, toEnd = false): Promise<number[]> => {
    const values: number[] = [];
    for (let i = 0; i < count; i++) {
      const turn = await ask(url, model, viewer, { toEnd });
      if (turn) values.push(turn.tokenToSoundMs);
    }
    return values;
  };

  let server = await startTestServer(chat);
  try {
    await sleep(3_000); // the mouth warms up
    const first = await openViewer(browser, server.url);
    const alone = await tokenToSound(server.url, first, turns);
    row('first token -> first audible, espeak', alone, '350 ms at p95');

    const second = await openViewer(browser, server.url);
    const both = await Promise.all(
      [first, second].map((viewer) => tokenToSound(server.url, viewer, Math.ceil(turns / 2), true)),
    );
    row('  two sessions at once', both.flat(), `${(1.5 * quantile(alone, 0.95)).toFixed(0)} ms at p95`);
    await second.page.close();

    const waits: Interrupted[] = [];
    const speeches: Interrupted[] = [];
    for (let i = 0; i < turns; i++) waits.push(await duringModelWait(server.url, model, first));
    for (let i = 0; i < turns; i++) speeches.push(await duringSpeech(server.url, model, first));
    const health = await getJson<{ data: { latencyMs: unknown } }>(`${server.url}/api/health`);
    await first.page.close();
    await server.stop();

    server = await startTestServer([...chat, '--tts', 'openai', '--TTS_SERVER', voice.url]);
    await sleep(3_000);
    model.script = talk;
    voice.script = { firstByteDelayMs: ENGINE_MS };
    const third = await openViewer(browser, server.url);
    const events = await followEvents(server.url, third.sessionid);
    const streamed = await tokenToSound(server.url, third, turns);
    const engine = events.events.flatMap((event) =>
      event.status === 'latency' && event.firstAudioMs !== undefined && event.firstSentenceMs !== undefined
        ? event.firstAudioMs - event.firstSentenceMs
        : [],
    );
    events.close();
    const withinMs = 250 + quantile(engine, 0.95);
    row('first token -> first audible, HTTP voice', streamed, `250 ms + engine = ${withinMs.toFixed(0)} ms at p95`);
    row('  engine: asked -> first sound', engine);
    const voiceWaits: Interrupted[] = [];
    for (let i = 0; i < turns; i++) voiceWaits.push(await duringVoiceWait(server.url, model, voice, third));

    for (const [name, measured] of [
      ['while the model is waited for', waits],
      ['while the voice is waited for', voiceWaits],
      ['while it speaks', speeches],
    ] as const) {
      row(
        `interrupt ${name} -> silence`,
        measured.map((m) => m.silenceMs),
        '150 ms at p95',
      );
      const sockets = measured.map((m) => m.socketClosedMs).filter((ms) => ms !== undefined);
      row(`  -> socket of the service closed`, sockets);
      const late = measured.filter((m) => m.silenceMs > 300).length;
      console.log(`  heard of the old turn later than 300 ms after it: ${late} of ${measured.length}`);
    }
    console.log(`the server's own ledger (ms): ${JSON.stringify(health.data.latencyMs)}`);
  } finally {
    await server.stop();
    await voice.close();
    await model.close();
  }
}
