import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AlphaFacts, alphaFacts } from '../../../../testing/alpha-facts';
import { mediaFacts } from '../../../../testing/media-facts';
import { TEST_DISC_LUMA, writeTestPresenter } from '../../../../testing/presenter';
import { openAudio } from '../audio/decode';
import { Actions } from '../avatar/actions';
import { AvatarLibrary } from '../avatar/library';
import { appRoot } from '../entries';
import { counts } from '../metrics/native';
import { MouthHost } from '../mouth/host';
import type { Mouth, MouthRequest } from '../mouth/mouth';
import { EspeakTts } from '../tts/espeak';
import { type ClipFacts, renderClip } from './render';
import { parseScript } from './script';
import type { ClipSize } from './size';

let dir: string;
let library: AvatarLibrary;
let host: MouthHost;
/** Draws a mouth that is brighter than any other part of the disc. */
let mouth: Mouth;
const MOUTH_LUMA = 200;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'herald-alpha-'));
  await writeTestPresenter(join(dir, 'avatars'), { id: 'plain' });
  await writeTestPresenter(join(dir, 'avatars'), { id: 'disc', pictures: 10, sizePx: 128, matte: true });
  library = new AvatarLibrary({ dirs: [join(dir, 'avatars')] });
  const modelFile = join(appRoot, 'models', 'lip-mini.onnx');
  host = new MouthHost({ modelFile, deadlineMs: 120_000, hungMs: 60_000 });
  mouth = Object.assign(Object.create(host) as MouthHost, {
    infer: async ({ avatar, pictureIndex }: MouthRequest) => {
      const region = avatar.faceBox(pictureIndex);
      const pixels = region.widthPx * region.heightPx;
      return { region, data: new Uint8Array((pixels * 3) / 2).fill(MOUTH_LUMA, 0, pixels).fill(128, pixels) };
    },
  });
  await mouth.ready();
});
afterAll(async () => {
  await host.close();
  await library.close();
  rmSync(dir, { recursive: true, force: true });
  expect(Object.entries(counts()).filter(([, alive]) => alive !== 0)).toEqual([]);
});

let made = 0;
async function render(script: string, size: ClipSize, configFile?: string) {
  const avatar = await library.open('disc', { background: 'transparent' });
  const actions = await Actions.open({ actionsDir: dir, cacheDir: dir, ...(configFile && { configFile }) });
  const tts = new EspeakTts();
  const warnings: string[] = [];
  try {
    const facts = await renderClip(parseScript(script), {
      ...{ tts, mouth, avatar, size, performances: await actions.forSession(avatar) },
      out: join(dir, `clip ${++made}.webm`),
      openAudio: async (file, signal) => openAudio(await readFile(file), { signal }),
      onWarning: (message) => warnings.push(message),
    });
    return { ...facts, warnings };
  } finally {
    await tts.close();
    await actions.close();
    avatar.release();
  }
}

const planes = ({ widthPx, heightPx }: AlphaFacts, picture: Uint8Array) => ({
  luma: picture.subarray(0, widthPx * heightPx),
  alpha: picture.subarray((widthPx * heightPx * 3) / 2),
  middle: Math.floor(heightPx / 2) * widthPx + Math.floor(widthPx / 2),
});

describe('a transparent clip', () => {
  let facts: ClipFacts;
  let seen: AlphaFacts;
  beforeAll(async () => {
    facts = await render('Ah!', 97);
    seen = await alphaFacts(facts.file);
  }, 30_000);

  it('is a WebM that says that it has alpha, with every picture and all of its sound', async () => {
    expect([seen.alphaMode, seen.count]).toEqual(['1', facts.pictures]);
    expect([facts.widthPx, facts.heightPx]).toEqual([98, 98]);
    const { video, audio } = await mediaFacts(facts.file);
    expect([video.decodeErrors, audio.decodeErrors]).toEqual([0, 0]);
    expect(video.pictures[0]!.atS).toBe(0);
    expect(Math.abs(audio.startS)).toBeLessThan(0.002);
    expect(audio.endS).toBeGreaterThanOrEqual(facts.durationMs / 1_000 - 0.001);
    expect(audio.endS).toBeLessThan(facts.durationMs / 1_000 + 0.03);
    expect(Math.max(...audio.blocks.map(({ samples }) => Math.max(...samples)))).toBeGreaterThan(0.1);
  });

  it('is clear in the corners, whole in the middle and soft between them, whatever is said', () => {
    for (const picture of seen.pictures) {
      const { alpha, middle } = planes(seen, picture);
      for (const at of [0, seen.widthPx - 1, alpha.length - 1]) expect(alpha[at]).toBeLessThanOrEqual(2);
      for (const at of [middle, middle + 10, middle - 10 * seen.widthPx]) expect(alpha[at]).toBeGreaterThanOrEqual(253);
      const soft = alpha.filter((value) => value > 20 && value < 235).length / alpha.length;
      expect(soft).toBeGreaterThan(0.05);
      expect(soft).toBeLessThan(0.4);
    }
  });

  it('keeps nothing of the wall: beyond the edge the colour of the presenter goes on', () => {
    const { luma } = planes(seen, seen.pictures[0]!);
    for (const value of luma) expect(Math.abs(value - TEST_DISC_LUMA)).toBeLessThan(12);
  });

  it('has the mouths that were drawn, which change nothing of the matte', () => {
    const lumas = seen.pictures.map((picture) => planes(seen, picture).luma[planes(seen, picture).middle]!);
    expect(lumas.slice(0, 10).every((luma) => Math.abs(luma - TEST_DISC_LUMA) < 8)).toBe(true);
    expect(lumas.filter((luma) => luma > MOUTH_LUMA - 12).length).toBeGreaterThan(3);
  });

  it('is the same each time', async () => {
    const again = await render('Ah!', 97);
    expect(readFileSync(again.file).equals(readFileSync(facts.file))).toBe(true);
  });
});

it('performs without a wall, too; what has no matte brings its own background, which is said', async () => {
  const config = join(dir, 'actions.json');
  writeFileSync(config, JSON.stringify([{ audiotype: 5, video: join(dir, 'avatars', 'plain', 'idle.mp4') }]));
  const { file, warnings } = await render('[mode 2]\n[mode 5]', 64, config);
  const seen = await alphaFacts(file);
  const corners = seen.pictures.map((picture) => planes(seen, picture).alpha[0]!);
  expect(corners.slice(0, 20).every((alpha) => alpha <= 4)).toBe(true);
  expect(Math.max(...corners)).toBeGreaterThanOrEqual(250);
  expect(corners.at(-1)).toBeLessThanOrEqual(4);
  for (const picture of seen.pictures) {
    const { alpha, middle } = planes(seen, picture);
    expect(alpha[middle]).toBeGreaterThanOrEqual(250);
  }
  expect(warnings).toEqual([expect.stringMatching(/performance 5 .*has no matte/)]);
});

it('is refused to who has no matte, with who has one', async () => {
  const refused = library.open('plain', { background: 'transparent' });
  await expect(refused).rejects.toThrow(/plain has no matte.*disc, clara, leo, maya/);
});
