import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mediaFacts } from '../../../../testing/media-facts';
import { pictureDigest } from '../../../../testing/picture-digest';
import { writeTestPresenter } from '../../../../testing/presenter';
import { openAudio } from '../audio/decode';
import type { Avatar } from '../avatar/avatar';
import { AvatarLibrary } from '../avatar/library';
import { appRoot } from '../entries';
import { counts } from '../metrics/native';
import { MouthHost } from '../mouth/host';
import type { Mouth } from '../mouth/mouth';
import { EspeakTts } from '../tts/espeak';
import type { Tts } from '../tts/tts';
import { type ClipOptions, renderClip } from './render';
import { type ClipScript, parseScript } from './script';

let dir: string;
let library: AvatarLibrary;
let avatar: Avatar;
let mouth: MouthHost;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'herald clip 🎥 '));
  await writeTestPresenter(join(dir, 'avatars'), { id: 'small', pictures: 30, sizePx: 128 });
  library = new AvatarLibrary({ dirs: [join(dir, 'avatars')], cacheDir: join(dir, 'cache') });
  avatar = await library.open('small');
  mouth = new MouthHost({
    modelFile: join(appRoot, 'models', 'lip-mini.onnx'),
    deadlineMs: 120_000,
    hungMs: 60_000,
  });
  await mouth.ready();
});
afterAll(async () => {
  await mouth.close();
  avatar.release();
  await library.close();
  rmSync(dir, { recursive: true, force: true });
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

let made = 0;
async function render(script: ClipScript, options: Partial<ClipOptions> = {}) {
  const tts = options.tts ?? new EspeakTts();
  try {
    return await renderClip(script, {
      mouth,
      avatar,
      out: join(dir, 'out', `clip ${++made}.mp4`),
      openAudio: async (file, signal) => openAudio(await readFile(file), { signal }),
      ...options,
      tts,
    });
  } finally {
    await tts.close();
  }
}

const leftovers = () =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.part'));

/** The voice, as slow as a bad line makes it. */
function slowly(tts: Tts): Tts {
  return {
    name: tts.name,
    async *stream(sentence, options) {
      for await (const chunk of tts.stream(sentence, options)) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        yield chunk;
      }
    },
    close: () => tts.close(),
  };
}

const SCRIPT = parseScript(
  'Hello there. Peter Piper picked peppers.\n[pause 0.5]\n[mode still]\n[voice en-gb+m3]\nBye.',
);

describe('a clip', () => {
  it('is the same each time, however slow the voice and the mouth are, and another with another seed', async () => {
    const lazy: Mouth = Object.assign(Object.create(mouth) as MouthHost, {
      infer: async (...request: Parameters<Mouth['infer']>) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
        return mouth.infer(...request);
      },
    });
    const one = await render(SCRIPT, { seed: 3 });
    const two = await render(SCRIPT, { seed: 3, tts: slowly(new EspeakTts()), mouth: lazy });
    const other = await render(SCRIPT, { seed: 4 });
    const digest = await pictureDigest(one.file);
    expect(digest.pictures).toBe(one.pictures);
    expect(await pictureDigest(two.file)).toEqual(digest);
    expect((await readFile(one.file)).equals(await readFile(two.file))).toBe(true);
    expect((await pictureDigest(other.file)).sha256).not.toBe(digest.sha256);
  });

  it('has 25 pictures a second, sound of the same length, its index in front, and pauses where they were asked for', async () => {
    const facts = await render(SCRIPT);
    const { video, audio } = await mediaFacts(facts.file);
    expect([
      ...new Set(video.pictures.slice(1).map((p, i) => Math.round((p.atS - video.pictures[i]!.atS) * 1_000))),
    ]).toEqual([40]);
    expect(video.pictures[0]!.atS).toBe(0);
    expect(video.pictures).toHaveLength(facts.pictures);
    expect(facts.durationMs).toBe(facts.pictures * 40);
    expect(Math.abs(audio.endS - facts.durationMs / 1_000)).toBeLessThan(0.001);
    expect([video.decodeErrors, audio.decodeErrors]).toEqual([0, 0]);
    const bytes = await readFile(facts.file);
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    expect(facts.sentences.map(({ text }) => text)).toEqual(['Hello there.', 'Peter Piper picked peppers.', 'Bye.']);
    const [, second, third] = facts.sentences;
    expect(third!.startMs - second!.endMs).toBeGreaterThanOrEqual(500);
    expect(third!.startMs - second!.endMs).toBeLessThan(900);
  });

  it('is scaled and cut to the size that was asked for', async () => {
    const facts = await render(parseScript('[pause 0.1]'), { size: { widthPx: 72, heightPx: 128 } });
    expect([facts.widthPx, facts.heightPx]).toEqual([72, 128]);
    expect((await mediaFacts(facts.file)).video.decodeErrors).toBe(0);
  });

  it('speaks audio files, and says which step cannot be done', async () => {
    const file = join(dir, 'no sound.wav');
    writeFileSync(file, 'this is no sound');
    const script: ClipScript = [
      { kind: 'pause', durationMs: 40 },
      { kind: 'audio', file },
    ];
    await expect(render(script)).rejects.toThrow('step 2 of the script');
    await expect(render(parseScript('[mode 7]'))).rejects.toThrow('known: 0 (live), 1 (still)');
    await expect(render(parseScript('Hello.\n[voice nobody]\nBye.'))).rejects.toThrow(/step 2.*no voice "nobody"/);
    await expect(render([{ kind: 'say', text: '...' }])).rejects.toThrow('nothing to say');
    expect(leftovers()).toEqual([]);
  });

  it('takes no other file’s place unless it may', async () => {
    const { file } = await render(parseScript('[pause 0.1]'));
    await expect(render(parseScript('Hello.'), { out: file })).rejects.toThrow('is there already');
    await expect(render(parseScript('[pause 0.2]'), { out: file, overwrite: true })).resolves.toMatchObject({ file });
  });

  it('leaves nothing when it is stopped', async () => {
    const before = readdirSync(join(dir, 'out'));
    for (const pictures of [1, 20, 60]) {
      const stop = new AbortController();
      const why = new Error('enough');
      const long = parseScript('This is one of many sentences that nobody will hear.\n'.repeat(20));
      const rendering = render(long, {
        signal: stop.signal,
        onProgress: ({ renderedMs }) => renderedMs >= pictures * 40 && stop.abort(why),
      });
      await expect(rendering).rejects.toBe(why);
    }
    expect(readdirSync(join(dir, 'out'))).toEqual(before);
  });

  it('is not made where its mouths cannot be had', async () => {
    const dumb: Mouth = Object.assign(Object.create(mouth) as MouthHost, {
      infer: async () => undefined,
      status: () => ({ ...mouth.status(), state: 'failed', lastError: 'it is gone' }),
    });
    await expect(render(parseScript('Hello.'), { mouth: dumb })).rejects.toThrow(
      'the lips cannot be drawn: it is gone',
    );
    expect(leftovers()).toEqual([]);
  });

  it('tells how far it is, from 0 to 1 and never back', async () => {
    const seen: number[] = [];
    await render(SCRIPT, { onProgress: ({ fraction }) => seen.push(fraction) });
    expect(seen.length).toBeGreaterThan(10);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });
});
