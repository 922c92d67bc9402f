import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { FormatContext } from 'node-av/lib';
import { describe, expect, it } from 'vitest';
import { PICTURES_PER_SECOND } from '../../../shared/units';
import { appRoot } from '../entries';
import { readBundle } from './bundle';
import { VideoClip } from './clip';

const DIR = join(appRoot, 'resources', 'presenters');
const presenters = readdirSync(DIR);
const MAX_SHIPPED_BYTES = 24e6;

async function streamsMs(file: string): Promise<{ pictures: number; sound: number }> {
  const input = new FormatContext();
  try {
    expect(await input.openInput(file)).toBeGreaterThanOrEqual(0);
    await input.findStreamInfo();
    const lengthOf = (type: typeof AVMEDIA_TYPE_AUDIO | typeof AVMEDIA_TYPE_VIDEO) => {
      const { duration, timeBase } = input.streams[input.findBestStream(type)]!;
      return (Number(duration) * 1_000 * timeBase.num) / timeBase.den;
    };
    return { pictures: lengthOf(AVMEDIA_TYPE_VIDEO), sound: lengthOf(AVMEDIA_TYPE_AUDIO) };
  } finally {
    await input.closeInput();
  }
}

describe.each(presenters)('%s, as it ships', (id) => {
  it('has names, a portrait, a licence, and a loop of at least eight seconds', async () => {
    const bundle = await readBundle(join(DIR, id));
    expect(bundle.name).toMatchObject({ en: expect.any(String), 'zh-CN': expect.any(String) });
    expect(statSync(bundle.thumbnailFile!).size).toBeGreaterThan(1_000);
    expect(readdirSync(bundle.dir)).toEqual(expect.arrayContaining(['ATTRIBUTION.md', 'LICENSE']));
    expect(Math.min(bundle.widthPx, bundle.heightPx)).toBeGreaterThanOrEqual(720);
    const clip = await VideoClip.open(bundle.idleFile);
    expect(clip.pictureCount).toBe(bundle.pictureCount);
    expect(clip.pictureCount).toBeGreaterThanOrEqual(8 * PICTURES_PER_SECOND);
    await clip.close();
  });

  it('has something to perform, with its own sound', async () => {
    const { performances } = await readBundle(join(DIR, id));
    expect(performances.map(({ audiotype }) => audiotype)).toContain(2);
    for (const { videoFile } of performances) {
      const { pictures, sound } = await streamsMs(videoFile);
      expect(pictures).toBeGreaterThanOrEqual(6_000);
      expect(Math.abs(pictures - sound)).toBeLessThanOrEqual(40);
    }
  });
});

it('all of them are small enough to ship', () => {
  const bytes = presenters.flatMap((id) =>
    readdirSync(join(DIR, id)).map((file) => statSync(join(DIR, id, file)).size),
  );
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_SHIPPED_BYTES);
});
