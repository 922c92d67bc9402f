import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTestPresenter } from '../../../../testing/presenter';
import { counts } from '../metrics/native';
import { Actions } from './actions';
import type { I420Picture } from './avatar';
import { colourOf } from './background';
import { AvatarLibrary } from './library';

const GREEN = '#00ff00';
const green = colourOf(GREEN);
let dir: string;
let library: AvatarLibrary;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'herald-keyed-'));
  await writeTestPresenter(dir, { id: 'plain' });
  library = new AvatarLibrary({ dirs: [dir] });
});
afterAll(async () => {
  await library.close();
  rmSync(dir, { recursive: true });
});

const at = ({ data, widthPx, heightPx }: I420Picture, x: number, y: number) => {
  const chroma = widthPx * heightPx + (y >> 1) * (widthPx >> 1) + (x >> 1);
  return { y: data[y * widthPx + x], u: data[chroma], v: data[chroma + (widthPx * heightPx) / 4] };
};
const { y, u, v } = green;

describe('a presenter before another background', () => {
  it('keeps its own pixels, and stands before that colour alone', async () => {
    const [own, keyed] = await Promise.all([library.open('clara'), library.open('clara', { background: GREEN })]);
    const [before, after] = [await own.picture(30), await keyed.picture(30)];
    for (const x of [4, 360, 715]) expect(at(after, x, 20)).toEqual({ y, u, v });
    for (const row of [20, 300, 500]) expect(at(after, 10, row)).toEqual({ y, u, v });
    const { xPx, yPx, widthPx, heightPx } = own.faceBox(30);
    const middle = [xPx + widthPx / 2, yPx + heightPx / 2] as const;
    expect(at(after, ...middle)).toEqual(at(before, ...middle));
    const same =
      before.data.reduce((count, value, i) => count + (value === after.data[i] ? 1 : 0), 0) / before.data.length;
    expect(same).toBeGreaterThan(0.25);
    expect(same).toBeLessThan(0.6);
    expect([own.background, keyed.background]).toEqual([undefined, green]);
    own.release();
    keyed.release();
  });

  it('stands before nothing: clear around it, its own pixels in the face, and soft between them', async () => {
    const [own, clear] = await Promise.all([
      library.open('clara'),
      library.open('clara', { background: 'transparent' }),
    ]);
    const [before, after] = [await own.picture(30), await clear.picture(30)];
    const { widthPx, heightPx } = after;
    const alpha = after.data.subarray((widthPx * heightPx * 3) / 2);
    expect(alpha).toHaveLength(widthPx * heightPx);
    for (const [x, row] of [
      [4, 20],
      [715, 20],
      [10, 300],
    ] as const)
      expect(alpha[row * widthPx + x]).toBe(0);
    const box = own.faceBox(30);
    for (let row = box.yPx; row < box.yPx + box.heightPx * 0.8; row += 8) {
      const place = row * widthPx + box.xPx + box.widthPx / 2;
      expect([alpha[place], after.data[place]]).toEqual([255, before.data[place]]);
    }
    const soft = alpha.filter((value) => value > 20 && value < 235).length;
    expect(soft / alpha.length).toBeGreaterThan(0.002);
    expect(soft / alpha.length).toBeLessThan(0.05);
    own.release();
    clear.release();
  });

  it('performs before it, too', async () => {
    const keyed = await library.open('clara', { background: GREEN });
    const actions = await Actions.open({ actionsDir: dir, cacheDir: dir });
    const [greeting] = await actions.forSession(keyed);
    let steps = 0;
    for await (const { picture } of greeting!.steps(keyed, AbortSignal.timeout(60_000))) {
      if (steps % 15 === 0) expect(at(picture, 8, 30)).toEqual({ y, u, v });
      if (++steps === 31) break;
    }
    expect(steps).toBe(31);
    keyed.release();
    await actions.close();
  });

  it('is forgotten with its last session: only those who use it pay for it', async () => {
    const [a, b] = [
      await library.open('clara', { background: GREEN }),
      await library.open('clara', { background: '00FF00' }),
    ];
    expect(await a.picture(0)).toBe(await b.picture(0));
    a.release();
    expect(await b.picture(1)).toBeDefined();
    b.release();
    await expect.poll(() => counts()['avatar-decoder'] ?? 0, { timeout: 10_000 }).toBe(0);
    await expect(b.picture(2)).rejects.toThrow('closed');
  });

  it('needs a matte, and a colour', async () => {
    await expect(library.open('plain', { background: GREEN })).rejects.toThrow('plain has no matte');
    await expect(library.open('clara', { background: 'green' })).rejects.toThrow('#00ff00');
  });
});
