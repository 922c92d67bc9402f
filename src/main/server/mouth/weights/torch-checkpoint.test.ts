import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thinWav2Lip } from '../../../../../testing/thin-wav2lip';
import { callOfSystem, type SavedCheckpoint, saveLegacy, saveZip } from '../../../../../testing/torch-checkpoint';
import { FIXTURES_MISSING, fixtureSpec, fixtureTensors } from '../../../../../testing/wav2lip-fixtures';
import { HeraldError } from '../../errors';
import { TorchCheckpoint } from './torch-checkpoint';

const folder = mkdtempSync(join(tmpdir(), 'herald-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const FORMATS = [
  ['zip', saveZip],
  ['legacy', saveLegacy],
] as const;
const EXTRAS = { optimizer: null, global_step: 250_000, global_epoch: 42 };
const thin = thinWav2Lip('96', 32);

/** Reads every float32 tensor; the hash is over their bytes in the file's order. */
async function readAll(file: string): Promise<{ sha256: string; names: string[] }> {
  const checkpoint = await TorchCheckpoint.open(file);
  try {
    const hash = createHash('sha256');
    for (const [name, tensor] of checkpoint.tensors) {
      if (tensor.storage.dtype !== 'int64') hash.update(new Uint8Array((await checkpoint.readFloat32(name)).buffer));
    }
    return { sha256: hash.digest('hex'), names: [...checkpoint.tensors.keys()] };
  } finally {
    await checkpoint.close();
  }
}

async function refusal(file: string): Promise<string> {
  const error = await readAll(file).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HeraldError);
  return (error as Error).message;
}

const thinSha256 = (() => {
  const hash = createHash('sha256');
  for (const { name, data } of thin) {
    const numbers = data();
    if (!name.endsWith('tracked')) hash.update(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  }
  return hash.digest('hex');
})();

describe.each(FORMATS)('a %s checkpoint', (format, save) => {
  it('gives names without module., in order, and every bit of every tensor', async () => {
    const file = at(`whole-${format}.pth`);
    save(file, { tensors: thin, extras: EXTRAS });
    const { sha256, names } = await readAll(file);
    expect(names).toEqual(thin.map(({ name }) => name.replace('module.', '')));
    expect(sha256).toBe(thinSha256);
  });

  it('may be the state dict itself', async () => {
    const file = at(`bare-${format}.pth`);
    save(file, { tensors: thin, bare: true });
    expect((await readAll(file)).sha256).toBe(thinSha256);
  });

  it('that would run code is refused, and runs nothing', async () => {
    const proof = at(`ran-${format}`);
    const file = at(`evil-${format}.pth`);
    save(file, { tensors: thin, extras: EXTRAS, evil: callOfSystem(`touch ${proof}`) });
    expect(await refusal(file)).toBe(
      `evil-${format}.pth contains posix.system: this file would run code; it was not opened.`,
    );
    expect(existsSync(proof)).toBe(false);
  });

  it('in half precision is refused with how to save it again', async () => {
    const half = { name: 'a.weight', shape: [4], storageType: 'HalfStorage', data: () => new Uint16Array(4) };
    const brain = { ...half, storageType: 'BFloat16Storage' };
    save(at('half.pth'), { tensors: [half] });
    save(at('brain.pth'), { tensors: [brain] });
    expect(await refusal(at('half.pth'))).toMatch(/^half.pth holds half precision \(float16\) weights; .*torch.save\(/);
    expect(await refusal(at('brain.pth'))).toMatch(
      /^brain.pth holds half precision \(bfloat16\) weights; .*torch.save\(/,
    );
  });

  it('with a transposed tensor is refused with how to save it again', async () => {
    const data = () => new Float32Array(6);
    save(at('view.pth'), { tensors: [{ name: 'a.weight', shape: [2, 3], strides: [1, 2], data }] });
    expect(await refusal(at('view.pth'))).toMatch(/^view.pth stores a.weight as a transposed or cut view.*contiguous/);
  });

  it('whose tensor reaches past its data is refused', async () => {
    const data = () => new Float32Array(6);
    save(at('past.pth'), { tensors: [{ name: 'a.weight', shape: [2, 3], strides: [3_000_000, 1], data }] });
    expect(await refusal(at('past.pth'))).toContain('larger than its data');
  });

  it('cut off anywhere is refused', async () => {
    const whole = at(`whole-${format}.pth`);
    save(whole, { tensors: thin, extras: EXTRAS });
    const { size } = statSync(whole);
    for (const length of [3, 20, 400, size >> 1, size - 30, size - 1]) {
      const cut = at('cut.pth');
      copyFileSync(whole, cut);
      truncateSync(cut, length);
      expect(await refusal(cut), `${length} of ${size} bytes`).toMatch(/^cut.pth .*(cut off|kind of .pth file)/);
    }
  });
});

describe('a zip checkpoint', () => {
  it('whose numbers changed fails its checksum', async () => {
    const file = at('bits.pth');
    saveZip(file, { tensors: thin });
    const largest = thin.map(({ data }) => data()).reduce((a, b) => (b.byteLength > a.byteLength ? b : a));
    flip(file, readFileSync(file).indexOf(Buffer.from(largest.buffer)) + (largest.byteLength >> 1));
    expect(await refusal(file)).toMatch(
      /^bits.pth is damaged: the numbers of .* fail their checksum. Copy or download it again.$/,
    );
  });

  it('without checksums is read', async () => {
    saveZip(at('plain.pth'), { tensors: thin, withoutCrc: true });
    expect((await readAll(at('plain.pth'))).sha256).toBe(thinSha256);
  });

  // Windows would write the hole out.
  it.skipIf(process.platform === 'win32')('over 4 GiB is read by offset', async () => {
    const file = at('large.pth');
    saveZip(file, { tensors: thin, holeBytes: 5 * 2 ** 30 });
    expect(statSync(file).size).toBeGreaterThan(5 * 2 ** 30);
    expect((await readAll(file)).sha256).toBe(thinSha256);
    rmSync(file);
  });

  it('compressed by something else is refused with what to do', async () => {
    saveZip(at('packed.pth'), { tensors: thin, compressed: ['version'] });
    expect(await refusal(at('packed.pth'))).toMatch(/^packed.pth was compressed after torch.save.*zip -0/);
  });

  it('that is a TorchScript archive is refused with how to save its weights', async () => {
    for (const name of ['constants.pkl', 'code/__torch__.py']) {
      // torch compresses the code in it.
      saveZip(at('script.pt'), { tensors: thin, files: { [name]: Buffer.from('x') }, compressed: [name] });
      expect(await refusal(at('script.pt'))).toMatch(/^script.pt is a TorchScript archive.*not opened.*torch.jit.load/);
    }
  });
});

describe('what is no checkpoint', () => {
  it.each([
    ['', 'is empty'],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:00\n', 'Git LFS pointer'],
    ['<!DOCTYPE html><html>Quota exceeded</html>', 'web page'],
    ['\x08\x08\x12\x07pytorch', 'is no PyTorch checkpoint'],
    ['PK\x03\x04', 'cut off'],
  ])('%j', async (content, message) => {
    writeFileSync(at('other.pth'), content, 'latin1');
    expect(await refusal(at('other.pth'))).toContain(message);
  });

  it('a folder, and nothing', async () => {
    expect(await refusal(folder)).toContain('is a folder');
    expect(await refusal(at('absent.pth'))).toBe('absent.pth was not found. Check the path.');
  });
});

function flip(file: string, offset: number): void {
  const bytes = readFileSync(file);
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.of(bytes[offset]! ^ 0x41), 0, 1, offset);
  closeSync(fd);
}

/** Numbers from a seed, so that a failure comes back. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('200 damaged checkpoints', () => {
  const sources: { file: string; bytes: Buffer; interesting: number }[] = [];
  beforeAll(() => {
    const saved: SavedCheckpoint = { tensors: thin, extras: EXTRAS };
    for (const [format, save] of FORMATS) {
      save(at(`source-${format}.pth`), saved);
      const bytes = readFileSync(at(`source-${format}.pth`));
      // Names, shapes and sizes: damage to the numbers of a legacy file cannot be seen, and is not what this is about.
      sources.push({ file: format, bytes, interesting: bytes.indexOf('_metadata') + 200 });
    }
  });

  it('each give one clear error, or the numbers that were saved; never a crash, a hang or a large allocation', async () => {
    const random = seeded(20_260_101);
    let refused = 0;
    const before = process.memoryUsage.rss();
    let peak = before;
    for (let round = 0; round < 200; round++) {
      const { file, bytes, interesting } = sources[round % 2]!;
      const mutated = Buffer.from(bytes);
      // Half of the zip files are damaged in the list of contents at their end.
      const atEnd = file === 'zip' && round % 4 === 0;
      for (let hit = random(4); hit >= 0; hit--) {
        const offset = atEnd ? bytes.length - 1 - random(20_000) : random(interesting);
        mutated[offset] = [0, 0xff, 0x7f, random(256), mutated[offset]! ^ (1 << random(8))][random(5)]!;
      }
      const name = `mutated-${round}.pth`;
      writeFileSync(at(name), mutated);
      try {
        // Bytes that carry no meaning (padding, dates, a name that nothing asks for) may change.
        expect((await readAll(at(name))).sha256, name).toBe(thinSha256);
      } catch (error) {
        if (!(error instanceof HeraldError)) throw error;
        expect(error.message).toMatch(new RegExp(`^${name} [^\\n]{10,400}\\.$`));
        refused++;
      }
      rmSync(at(name));
      peak = Math.max(peak, process.memoryUsage.rss());
    }
    expect(refused).toBeGreaterThan(120);
    expect(peak - before).toBeLessThan(200 * 2 ** 20);
  });
});

describe.skipIf(FIXTURES_MISSING)(`the parity fixture of 96${FIXTURES_MISSING}`, () => {
  it.each(FORMATS)('every tensor as in the spec, %s', async (format, save) => {
    const spec = fixtureSpec('lt96');
    const file = at(`lt96-${format}.pth`);
    save(file, { tensors: fixtureTensors(spec), extras: EXTRAS });
    expect((await readAll(file)).sha256).toBe(spec.sha256_float32);
    rmSync(file);
  });
});
