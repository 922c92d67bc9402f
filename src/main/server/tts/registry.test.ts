import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../shared/settings';
import { createLogger } from '../log';
import { createTts, ttsNames, type VoiceConfig, type VoiceContext } from './registry';
import type { Tts, TtsOptions } from './tts';

const KEY = 'sk-test-0123456789';
/** What must stay with their owners. */
const KEYS = {
  openai_api_key: 'secret-openai',
  dashscope_api_key: 'secret-dashscope',
  azure_speech_key: 'secret-azure',
  doubao_token: 'secret-doubao',
  tencent_secret_id: 'secret-tencent-id',
  tencent_secret_key: 'secret-tencent-key',
};

let logged: string;
let opened: Tts[];
beforeEach(() => {
  logged = '';
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((tts) => tts.close()));
});

function make(changes: Partial<VoiceConfig>, context: Partial<VoiceContext> = {}): Tts {
  const sink = { write: (text: string) => void (logged += text) };
  const log = createLogger('info', { out: sink, err: sink });
  const tts = createTts({ ...defaultSettings(), ...changes }, { voicesDir: '/nonexistent', log, ...context });
  opened.push(tts);
  return tts;
}

interface Spoken {
  samples: number;
  engines: string[];
  faults: string[];
}

async function say(tts: Tts, options: Partial<TtsOptions> = {}): Promise<Spoken> {
  const spoken: Spoken = { samples: 0, engines: [], faults: [] };
  const stream = tts.stream('One two three.', {
    signal: AbortSignal.timeout(20_000),
    onEngine: (engine) => void spoken.engines.push(engine),
    onFault: ({ provider, reason }, next) => void spoken.faults.push(`${provider} -> ${next}: ${reason}`),
    ...options,
  });
  for await (const { samples } of stream) spoken.samples += samples.length;
  return spoken;
}

describe('espeak', () => {
  it('speaks as the settings say, unless a text says otherwise', async () => {
    const [plain, slow, foreign] = [
      make({ tts: ' ESpeak ' }),
      make({ tts: 'espeak', speed: 0.5 }),
      make({ tts: 'espeak', voice: 'nosuch' }),
    ];
    const { samples, engines } = await say(plain);
    expect(engines).toEqual(['espeak']);
    expect((await say(slow)).samples).toBeGreaterThan(1.5 * samples);
    expect((await say(slow, { speed: undefined as never })).samples).toBeGreaterThan(1.5 * samples);
    // espeak-ng's breath is drawn anew each time, and its first and last samples with it.
    expect((await say(slow, { speed: 1 })).samples / samples).toBeCloseTo(1, 1);
    await expect(say(foreign)).rejects.toThrow('no voice "nosuch"');
    expect((await say(foreign, { voice: 'en-us+f3' })).samples).toBeGreaterThan(samples / 2);
  });

  it('lists its voices and its state', async () => {
    const tts = make({ tts: 'espeak' });
    expect((await tts.voices!(AbortSignal.timeout(20_000))).map(({ id }) => id)).toContain('en-us+f3');
    await say(tts);
    expect(tts.status!()).toEqual([{ engine: 'espeak', state: 'ready' }]);
  });
});

describe('a name that is not served', () => {
  it.each(['omnitts'])('%s: one warning, and espeak', async (name) => {
    const tts = make({ tts: name, voice: 'their-voice' });
    expect(logged.match(/warn/g)).toHaveLength(1);
    expect(logged).toContain(`--tts ${name} is not available in this version; speaking with the offline voice espeak`);
    for (const served of ttsNames) expect(logged).toContain(served);
    expect(await say(tts, { voice: 'ref/their-voice.wav' })).toMatchObject({ engines: ['espeak'], faults: [] });
  });

  it('says what may have been meant', () => {
    make({ tts: 'constructor' });
    expect(logged).toContain('is not known;');
    make({ tts: 'cosyvioce' });
    expect(logged).toContain('did you mean cosyvoice?');
  });
});

describe('auto', () => {
  it('is espeak where Edge cannot be reached, and says so', async () => {
    const tts = make({ tts: 'auto' }, { edgeProblem: async () => new Error('no network') });
    expect(await say(tts)).toMatchObject({ engines: ['espeak'], faults: [] });
    expect(logged).toContain('the voice is espeak, offline. edgetts: no network.');
    expect(logged).not.toContain('warn');
  });

  it('is Edge where it can be reached, and says where the text goes', async () => {
    const tts = make({ tts: 'auto' }, { edgeProblem: async () => undefined });
    await expect.poll(() => tts.name).toBe('edgetts');
    expect(logged).toContain('Every sentence is sent to Microsoft; --tts espeak keeps it on this machine.');
    // An espeak voice is espeak's, whatever else could speak.
    expect(await say(tts, { voice: 'en-us+m3' })).toMatchObject({ engines: ['espeak'], faults: [] });
  });
});

describe('a voice server', () => {
  interface Request {
    path: string;
    headers: IncomingHttpHeaders;
    body: string;
  }
  let server: Server;
  let requests: Request[];
  let status: number;
  let TTS_SERVER: string;

  beforeEach(async () => {
    requests = [];
    status = 200;
    server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      requests.push({ path: request.url!, headers: request.headers, body });
      if (status !== 200) return void response.writeHead(status).end('{"detail":"the model is not loaded"}');
      // Half a second of a 200 Hz square wave, 16 bit, 24 kHz.
      const pcm = Int16Array.from({ length: 12_000 }, (_, i) => (i % 120 < 60 ? 9_000 : -9_000));
      response.writeHead(200, { 'content-type': 'audio/pcm' }).end(Buffer.from(pcm.buffer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    TTS_SERVER = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is asked with the settings, and trimmed to sound and pause', async () => {
    const tts = make({
      tts: 'openai',
      TTS_SERVER,
      tts_model: 'kokoro',
      voice: 'af_sky',
      speed: 1.5,
      openai_api_key: KEY,
    });
    expect(await say(tts)).toEqual({ samples: 12_000 + 0.2 * 24_000, engines: ['openai'], faults: [] });
    expect(requests[0]!.path).toBe('/v1/audio/speech');
    expect(JSON.parse(requests[0]!.body)).toMatchObject({
      model: 'kokoro',
      voice: 'af_sky',
      speed: 1.5,
      input: 'One two three.',
    });
    expect(requests[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
    await say(tts, { voice: 'af_bella', speed: 1.1 });
    expect(JSON.parse(requests[1]!.body)).toMatchObject({ voice: 'af_bella', speed: 1.1 });
    expect(tts.name).toBe('openai');
    expect(logged).toBe('');
  });

  it('gets the key of the voice before that of OpenAI', async () => {
    await say(make({ tts: 'openai', TTS_SERVER, tts_api_key: 'mine-0123', openai_api_key: KEY }));
    expect(requests[0]!.headers.authorization).toBe('Bearer mine-0123');
  });

  it.each([
    ['azuretts', 'azure', 'azure_speech_key'],
    ['azure', 'azure', 'azure_speech_key'],
  ] as const)("%s is %s, and gets its own key and nobody else's", async (tts, engine, key) => {
    const keys = { ...KEYS, [key]: 'its-own-0123\n' };
    expect(await say(make({ tts, TTS_SERVER, ...keys }))).toMatchObject({ engines: [engine], faults: [] });
    expect(requests[0]!.headers['ocp-apim-subscription-key']).toBe('its-own-0123');
    expect(JSON.stringify(requests)).not.toContain('secret');
    await say(make({ tts, TTS_SERVER, ...keys, tts_api_key: 'mine-0123' }));
    expect(requests[1]!.headers['ocp-apim-subscription-key']).toBe('mine-0123');
  });

  it('tencent is signed with its secret key, and gets no other', async () => {
    const account = { tencent_appid: '1250000000', tencent_secret_id: 'AKID-0123', tencent_secret_key: 'signs-0123' };
    const tts = make({ tts: 'tencent', TTS_SERVER, ...KEYS, ...account, tts_api_key: KEY });
    expect(await say(tts)).toMatchObject({ engines: ['tencent'], faults: [] });
    expect(JSON.parse(requests[0]!.body)).toMatchObject({ AppId: 1_250_000_000, SecretId: 'AKID-0123' });
    expect(JSON.stringify(requests)).not.toMatch(/signs-0123|secret-|sk-test/);
  });

  it.each([
    ['qwen', 'dashscope_api_key', 'Bearer its-own-0123'],
    ['qwentts', 'dashscope_api_key', 'Bearer its-own-0123'],
    ['doubao', 'doubao_token', 'Bearer;its-own-0123'],
  ] as const)("%s gets its own key and nobody else's", async (tts, key, authorization) => {
    const asked: IncomingHttpHeaders[] = [];
    server.on('upgrade', ({ headers }, socket) => {
      asked.push(headers);
      socket.destroy();
    });
    const voice = make({ tts, TTS_SERVER, ...KEYS, doubao_appid: '1', [key]: 'its-own-0123' });
    const { engines, faults } = await say(voice);
    expect(engines).toEqual(['espeak']);
    expect(faults).toEqual([expect.stringMatching(/^(qwen|doubao) -> espeak: .*closed the connection/)]);
    expect(asked[0]!.authorization).toBe(authorization);
    expect(JSON.stringify(asked)).not.toContain('secret');
    expect(logged).not.toMatch(/its-own|secret/);
  });

  it.each(['gpt-sovits', 'xtts', 'cosyvoice', 'fishtts'])('never gets the key of OpenAI when it is %s', async (tts) => {
    const spoken = await say(make({ tts, TTS_SERVER, openai_api_key: KEY, REF_FILE: 'package.json', REF_TEXT: 'x' }));
    expect(spoken.samples).toBeGreaterThan(0);
    expect(requests.length).toBeGreaterThan(0);
    expect(JSON.stringify(requests)).not.toContain(KEY);
  });

  it('is stood in for by espeak, with one fault and one warning that name it', async () => {
    status = 503;
    const tts = make({ tts: 'gpt-sovits', TTS_SERVER, REF_FILE: '/srv/me.wav', tts_api_key: KEY });
    const spoken = await say(tts, { voice: 'theirs' });
    expect(spoken.engines).toEqual(['espeak']);
    expect(spoken.faults).toEqual([expect.stringMatching(/^gpt-sovits -> espeak: .*503, the model is not loaded/)]);
    expect(requests).toHaveLength(2); // 5xx: tried twice
    expect(tts.status!().map(({ engine, state }) => [engine, state])).toEqual([
      ['gpt-sovits', 'failing'],
      ['espeak', 'ready'],
    ]);
    expect(logged.match(/warn/g)).toHaveLength(1);
    expect(logged).not.toContain(KEY);
    expect(await say(tts)).toMatchObject({ engines: ['espeak'], faults: [] });
    expect(requests).toHaveLength(2);
  });

  it.each([
    ['gpt-sovits', '--REF_FILE'],
    ['openai', 'OPENAI_API_KEY'],
    ['azure', 'AZURE_TTS_REGION'],
    ['tencent', 'TENCENT_SECRET_ID'],
    ['doubao', 'DOUBAO_TOKEN'],
    ['qwentts', 'DASHSCOPE_API_KEY'],
    ['indextts2', '--REF_FILE'],
  ])('%s says at the start what it still needs', (tts, needed) => {
    make({ tts });
    expect(logged.match(/warn/g)).toHaveLength(1);
    expect(logged).toMatch(new RegExp(`--tts ${tts.replace(/tts$/, '')}.* cannot speak yet, espeak does instead: `));
    expect(logged).toContain(needed);
  });

  it('says the same as a fault when it is used', async () => {
    const spoken = await say(make({ tts: 'gpt-sovits', TTS_SERVER }));
    expect(spoken).toMatchObject({ engines: ['espeak'], faults: [expect.stringContaining('no recording')] });
    expect(requests).toEqual([]);
  });
});
