import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../src/main/server/tts/local/catalogue';
import type { ImportView, MouthModel } from '../src/shared/library-protocol';
import { type Followed, followEvents } from '../testing/events';
import { FileServer } from '../testing/file-server';
import { writeLiveTalkingFolder } from '../testing/livetalking-folder';
import { findTestVoice } from '../testing/local-voice';
import { getJson, postJson, startTestServer, type TestServer } from '../testing/server';
import { thinWav2Lip } from '../testing/thin-wav2lip';
import { saveZip } from '../testing/torch-checkpoint';
import { RtpViewer } from '../testing/viewer';

/** What people bring in or fetch, as the built server takes it: avatars, weights that take over on air, voices. */
const dir = mkdtempSync(join(tmpdir(), 'herald-library-'));
const mirror = new FileServer();
const voice = await findTestVoice();
const MAX_REPEATED_PICTURES = 12;
let server: TestServer;
beforeAll(async () => {
  const flags = ['--tts', 'local', '--provider', 'cpu', '--max_session', '2', '--voice_mirror', await mirror.listen()];
  server = await startTestServer([...flags, '--log_level', 'info']);
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  await mirror.close();
  rmSync(dir, { recursive: true, force: true });
});

const api = async <T>(path: string) => (await getJson<{ data: T }>(`${server.url}${path}`)).data;

async function bring(kind: 'avatar' | 'weights', files: readonly [path: string, file: string][]): Promise<ImportView> {
  const form = new FormData();
  form.append('kind', kind);
  for (const [path, file] of files) form.append('files', new Blob([readFileSync(file)]), path);
  const reply = await fetch(`${server.url}/api/imports`, { method: 'POST', body: form });
  const { data } = (await reply.json()) as { data: ImportView };
  const view = () => api<ImportView>(`/api/imports/${data.id}`);
  await expect.poll(async () => (await view()).state, { timeout: 30_000 }).toMatch(/done|failed/);
  return view();
}

async function watch(avatar: string): Promise<{ viewer: RtpViewer; events: Followed; sessionid: number }> {
  const { viewer, sdp } = await RtpViewer.offer();
  const reply = await postJson<{ sdp: string; sessionid: number }>(`${server.url}/offer`, {
    sdp,
    type: 'offer',
    avatar,
  });
  await viewer.accept(reply.sdp);
  const { sessionid } = reply;
  return { viewer, events: await followEvents(server.url, sessionid), sessionid };
}

const chooseModel = async (model: string) =>
  (await (
    await fetch(`${server.url}/api/settings`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model }),
    })
  ).json()) as { code: number; msg?: string; data: { applied: string[] } };
const modelInUse = async () =>
  (await api<{ models: MouthModel[] }>('/api/models')).models.find(({ inUse }) => inUse)?.id;

describe('a presenter and weights come in', () => {
  it('take the stage, and the model changes while they speak, without a gap in pictures or sound', async () => {
    const folder = await writeLiveTalkingFolder(join(dir, 'mia'), { pictures: 10, widthPx: 320, heightPx: 320 });
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const mia = await bring(
      'avatar',
      files.map((file) => [`mia${file.slice(folder.length)}`, file]),
    );
    expect(mia, mia.problem).toMatchObject({ state: 'done', result: { avatar: 'mia', pictures: 10, widthPx: 320 } });
    const weights = join(dir, 'small.pth');
    saveZip(weights, { tensors: thinWav2Lip('96', 8) });
    const small = await bring('weights', [['small.pth', weights]]);
    expect(small, small.problem).toMatchObject({ state: 'done', result: { model: 'small', variant: '96' } });

    const { viewer, events, sessionid } = await watch('mia');
    const figures = async () =>
      (await api<{ sessionFigures: Record<string, { underruns: number; skippedSamples: number }> }>('/api/health'))
        .sessionFigures[sessionid]!;
    const text = Array.from(
      { length: 3 },
      (_, i) => `This is sentence number ${i + 1}, and it takes a while to say.`,
    ).join(' ');
    await postJson(`${server.url}/human`, { sessionid, type: 'echo', text });
    await events.until(({ status }) => status === 'start');
    expect((await chooseModel('small')).data.applied).toEqual(['model']);
    await expect.poll(modelInUse, { timeout: 15_000 }).toBe('small');
    const last = await events.until(
      ({ status, ...rest }) => status === 'end' && 'text' in rest && /number 3/.test(rest.text),
      {
        limitMs: 40_000,
      },
    );
    expect(last).not.toMatchObject({ interrupted: true });
    // A model that loads beside it takes its share of the machine: a few pictures may be shown twice, no sound is missing.
    const { underruns, skippedSamples } = await figures();
    expect(skippedSamples).toBe(0);
    expect(underruns).toBeLessThanOrEqual(MAX_REPEATED_PICTURES);
    const numbers = viewer.audio.packets.map(({ sequenceNumber }) => sequenceNumber);
    expect(numbers.slice(1).filter((number, i) => number !== ((numbers[i]! + 1) & 0xffff))).toEqual([]);
    expect(events.events.filter((event) => event.status === 'error' && event.part === 'mouth')).toEqual([]);
    expect((await chooseModel('lip-mini')).code).toBe(0);
    await expect.poll(modelInUse, { timeout: 15_000 }).toBe('lip-mini');

    const refusals = await Promise.all(
      ['/api/avatars/mia', '/api/avatars/clara', '/api/models/lip-mini'].map(async (path) => {
        const reply = await fetch(`${server.url}${path}`, { method: 'DELETE' });
        return ((await reply.json()) as { msg: string }).msg;
      }),
    );
    expect(refusals).toEqual([
      expect.stringContaining('mia stays: it is on stage'),
      expect.stringContaining('clara stays'),
      expect.stringContaining('lip-mini stays'),
    ]);
    events.close();
    await viewer.close();
    await fetch(`${server.url}/api/sessions/${sessionid}`, { method: 'DELETE' });
    for (const path of ['/api/avatars/mia', '/api/models/small']) {
      const gone = async () => (await (await fetch(`${server.url}${path}`, { method: 'DELETE' })).json()) as object;
      await expect.poll(gone).toMatchObject({ code: 0 });
    }
    expect((await api<{ avatars: { id: string }[] }>('/api/avatars')).avatars.map(({ id }) => id)).not.toContain('mia');
  });

  it('a model that is none is refused before anything changes', async () => {
    const before = await modelInUse();
    const reply = await chooseModel('nobody');
    expect(reply).toMatchObject({ code: -1, msg: expect.stringContaining('there is no nobody.pth') });
    expect(await modelInUse()).toBe(before);
  });
});

describe.skipIf('missing' in voice)(`a voice${'missing' in voice ? `: ${voice.missing}` : ''}`, () => {
  it('comes from a mirror, and speaks without a restart', async () => {
    const NAME = 'en_US-joe-medium';
    const { files } = CATALOGUE.find(({ name }) => name === NAME)!;
    const source = (voice as { dir: string }).dir;
    for (const { path, name } of files) {
      const file = join(source, name);
      mirror.files.set(path, existsSync(file) ? readFileSync(file) : Buffer.from('card'));
    }
    const view = async () =>
      (await api<{ voices: { name: string; state: string; problem?: string }[] }>('/api/voices/catalogue')).voices.find(
        ({ name }) => name === NAME,
      )!;
    expect((await view()).state).toBe('absent');
    await postJson(`${server.url}/api/voices/catalogue/${NAME}`, { action: 'download' });
    await expect.poll(async () => (await view()).state, { timeout: 30_000 }).toBe('installed');
    const preview = await fetch(`${server.url}/api/voices/preview`, {
      method: 'POST',
      body: JSON.stringify({ voice: NAME, text: 'Hello.' }),
    });
    const wav = Buffer.from(await preview.arrayBuffer());
    expect([preview.status, preview.headers.get('content-type')], wav.toString('utf8', 0, 300)).toEqual([
      200,
      'audio/wav',
    ]);
    expect(wav.readUInt32LE(24)).toBe(22_050);
    expect(await api('/api/voices')).toMatchObject({ engine: 'local', voices: [{ id: NAME, language: 'en-US' }] });
    const removed = await fetch(`${server.url}/api/voices/catalogue/${NAME}`, { method: 'DELETE' });
    expect(await removed.json()).toEqual({ code: 0, msg: 'ok' });
    expect((await view()).state).toBe('absent');
  });
});
