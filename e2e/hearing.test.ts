import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SAMPLES_PER_FRAME } from '../src/shared/units';
import { wav } from '../testing/audio-files';
import { type Followed, followEvents } from '../testing/events';
import { amplitudeOf, heard } from '../testing/heard';
import { answerOf, type LlmServer, startLlmServer } from '../testing/llm-server';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';
import { RtpViewer } from '../testing/viewer';
import { startVoiceServer, type VoicePcm } from '../testing/voice-servers';

/** Each turn has a pitch of its own, so that what is received tells whose sound it is. */
const OLD_HZ = 500;
const NEW_HZ = 1_500;
const AUDIBLE = 0.05;
const MS_PER_CHARACTER = 60;
const RATE_HZ = 24_000;

const pitchOf = (text: string): number => (text.includes('new') ? NEW_HZ : OLD_HZ);

function hum(text: string): VoicePcm {
  const pitchHz = pitchOf(text);
  const length = Math.round((RATE_HZ * MS_PER_CHARACTER * text.length) / 1_000);
  const samples = Float32Array.from({ length }, (_, i) => 0.4 * Math.sin((2 * Math.PI * pitchHz * i) / RATE_HZ));
  return { samples, sampleRateHz: RATE_HZ };
}

let model: LlmServer;
let voice: Awaited<ReturnType<typeof startVoiceServer>>;
let server: TestServer;
let viewer: RtpViewer;
let followed: Followed;
let sessionid: number;

beforeAll(async () => {
  model = await startLlmServer({ script: ({ question }) => answerOf(question, { tokenMs: 5 }) });
  voice = await startVoiceServer('openai', { speech: hum });
  const flags = ['--llm_base_url', model.url, '--llm_model', 'scripted', '--tts', 'openai', '--TTS_SERVER', voice.url];
  server = await startTestServer(flags);
  const { viewer: made, sdp } = await RtpViewer.offer();
  viewer = made;
  const answer = await postJson<{ sdp: string; sessionid: number }>(`${server.url}/offer`, { sdp, type: 'offer' });
  sessionid = answer.sessionid;
  await viewer.accept(answer.sdp);
  followed = await followEvents(server.url, sessionid);
});
afterAll(async () => {
  followed?.close();
  await viewer?.close();
  await server?.stop();
  await voice?.close();
  await model?.close();
});

const ask = (text: string) => postJson(`${server.url}/human`, { sessionid, type: 'chat', text });
const interrupt = () => postJson(`${server.url}/interrupt_talk`, { sessionid });
async function idle(): Promise<void> {
  await sleep(100);
  while ((await postJson<{ data: boolean }>(`${server.url}/is_speaking`, { sessionid })).data) await sleep(50);
  await sleep(300);
}

/** Which frames, from packet `from` on, hold the pitch. */
function framesOf(pitchHz: number, from: number): number[] {
  const frames = heard(viewer.audio);
  return frames.flatMap(({ samples }, i) => (i >= from && amplitudeOf(pitchHz, samples) > AUDIBLE ? [i] : []));
}

it('is silent within three frames of an interrupt, and nothing of the old turn is heard afterwards', async () => {
  for (const delayMs of [0, 130, 470]) {
    const from = viewer.audio.packets.length;
    const events = followed.events.length;
    await ask('This is the old answer, and it goes on for a long while, sentence after sentence.');
    await followed.until((e) => e.status === 'start', { from: events });
    await sleep(300 + delayMs);
    const atPacket = viewer.audio.packets.length;
    await interrupt();
    await ask('The new one is short.');
    await idle();
    const old = framesOf(OLD_HZ, from);
    const fresh = framesOf(NEW_HZ, from);
    expect(old.length).toBeGreaterThan(5);
    expect(fresh.length).toBeGreaterThan(20);
    // Packets on their way while the request travelled, the fade, and one frame of the decoder's overlap.
    expect(old.at(-1)! - atPacket).toBeLessThanOrEqual(5);
    expect(old.at(-1)!).toBeLessThan(fresh[0]!);
  }
});

it('is heard no more when it is interrupted while the voice is waited for, and the voice is told', async () => {
  const from = viewer.audio.packets.length;
  voice.script = { firstByteDelayMs: 1_500 };
  const [asked, left] = [voice.requests.length, voice.clientsLeft];
  await ask('This old answer never comes.');
  while (voice.requests.length === asked) await sleep(10);
  await interrupt();
  while (voice.clientsLeft === left) await sleep(10);
  voice.script = {};
  await sleep(1_700);
  expect(framesOf(OLD_HZ, from)).toEqual([]);
});

it('plays the sentences of a turn in order and without gaps beyond their natural pause, though each is half a second away', async () => {
  voice.script = { firstByteDelayMs: 500 };
  const sentences = [
    'This is the first sentence of four.',
    'Here the new pitch follows it.',
    'Then comes the third sentence.',
  ];
  const before = await figures();
  const from = viewer.audio.packets.length;
  await ask(sentences.join(' '));
  await idle();
  voice.script = {};
  expect((await figures()).underruns - before.underruns).toBe(0);
  const sounding = heard(viewer.audio)
    .slice(from)
    .map(({ samples }) => [OLD_HZ, NEW_HZ].find((hz) => amplitudeOf(hz, samples) > AUDIBLE));
  const runs = runsOf(sounding);
  expect(runs.filter((run) => run.value !== undefined).map((run) => run.value)).toEqual([OLD_HZ, NEW_HZ, OLD_HZ]);
  // Every sentence is whole, and the pauses between them are the 200 ms of a full stop, give or take a frame at each edge.
  const silences = runs.slice(1, -1).filter((run) => run.value === undefined);
  for (const { frames } of silences) expect(Math.abs(frames - 200 / 20)).toBeLessThanOrEqual(2);
  const spoken = runs.filter((run) => run.value !== undefined);
  for (const [i, { frames }] of spoken.entries()) {
    expect(Math.abs(frames - (MS_PER_CHARACTER * sentences[i]!.length) / 20)).toBeLessThanOrEqual(2);
  }
});

async function figures(): Promise<{ underruns: number }> {
  const { data } = await getJson<{ data: { sessionFigures: Record<string, { underruns: number }> } }>(
    `${server.url}/api/health`,
  );
  return data.sessionFigures[sessionid]!;
}

/** Runs of the same value, shorter ones than 40 ms (the edges of tones) joined to what is before them. */
function runsOf<T>(values: T[]): { value: T; frames: number }[] {
  const runs: { value: T; frames: number }[] = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last && last.value === value) last.frames++;
    else runs.push({ value, frames: 1 });
  }
  return runs;
}

/** The server's decoder processes. */
function decoders(): number[] {
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number);
  return children.filter((pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('decode.js'));
}

async function upload(): Promise<unknown> {
  const form = new FormData();
  form.append('sessionid', String(sessionid));
  form.append('file', new Blob([new Uint8Array(wav(8_000, 16_000))]), 'a.wav');
  return (await fetch(`${server.url}/humanaudio`, { method: 'POST', body: form })).json();
}

it.runIf(process.platform === 'linux')(
  'a recording whose decoder dies is an error event, and all else goes on',
  async () => {
    const spoken = (from: number) => followed.until(({ status }) => status === 'end', { from });
    expect(await upload()).toEqual({ code: 0, msg: 'ok' });
    await spoken(followed.events.length);
    await idle();
    let from = followed.events.length;
    await postJson(`${server.url}/human`, { sessionid, type: 'echo', text: 'While this new line is said, it waits.' });
    expect(await upload()).toEqual({ code: 0, msg: 'ok' });
    // Stopped before it is read, so that it dies in the middle of that.
    for (const pid of decoders()) process.kill(pid, 'SIGSTOP');
    await followed.until((event) => event.status === 'turn' && event.kind === 'audio', { from });
    for (const pid of decoders()) for (const signal of ['SIGSEGV', 'SIGCONT'] as const) process.kill(pid, signal);
    const told = await followed.until(({ status }) => status === 'error', { from });
    expect(told).toMatchObject({
      part: 'audio',
      message: expect.stringMatching(/killed by SIGSEGV.*Convert the file/),
    });
    await idle();
    from = followed.events.length;
    expect(await upload()).toEqual({ code: 0, msg: 'ok' });
    await spoken(from);
    await idle();
  },
);

it('sends every frame of sound once, also through interrupts', () => {
  const steps = viewer.audio.packets.slice(1).map(({ timestamp }, i) => timestamp - viewer.audio.packets[i]!.timestamp);
  expect(new Set(steps.map((step) => step >>> 0))).toEqual(new Set([SAMPLES_PER_FRAME]));
});
