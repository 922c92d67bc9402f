import { describe, expect, it } from 'vitest';
import { MAX_IMPORT_BYTES } from '../../shared/library-protocol';
import type { ImportFile } from '../rtc/imports';
import { filesOfDrop, filesOfInput, recognise } from './import-files';

const at = (path: string, size = 10): ImportFile => ({ path, file: { name: path.split('/').at(-1), size } as File });
const folder = ['anna/coords.pkl', 'anna/full_imgs/0.png', 'anna/face_imgs/0.png'].map((path) => at(path));

describe('what is chosen for import', () => {
  it('is a LiveTalking folder, a zip, or weights', () => {
    expect(recognise(folder)).toMatchObject({ kind: 'avatar', name: 'anna', bytes: 30 });
    expect(recognise([at('Anna Lee.v2.ZIP')])).toMatchObject({ kind: 'avatar', name: 'Anna Lee.v2' });
    for (const name of ['wav2lip256.pth', 'net.pt', 'net.onnx']) {
      expect(recognise([at(name)])).toMatchObject({ kind: 'weights', name: name.split('.')[0] });
    }
  });

  it('leaves out what file managers put beside it', () => {
    const littered = [
      at('anna/.DS_Store'),
      at('__MACOSX/anna/._coords.pkl'),
      at('anna/full_imgs/Thumbs.db'),
      ...folder,
    ];
    expect(recognise(littered)).toMatchObject({ name: 'anna', files: folder });
    expect(recognise([at('.DS_Store')])).toBe('nothing');
  });

  it('is refused before it is sent where the server could only refuse it', () => {
    expect(recognise([])).toBe('nothing');
    expect(recognise(folder.slice(1))).toBe('noCoords');
    expect(recognise([at('a.zip'), at('b.zip')])).toBe('several');
    expect(recognise([...folder, at('ben/coords.pkl')])).toBe('several');
    expect(recognise([at('portrait.png')])).toBe('unknown');
    expect(recognise([at('all.zip', MAX_IMPORT_BYTES + 1)])).toBe('tooLarge');
  });

  it('keeps where each file of a picked folder stands', () => {
    const file = (name: string, webkitRelativePath: string) => ({ name, webkitRelativePath });
    const list = [file('coords.pkl', 'anna/coords.pkl'), file('a.zip', '')] as unknown as FileList;
    expect(filesOfInput(list).map(({ path }) => path)).toEqual(['anna/coords.pkl', 'a.zip']);
    expect(filesOfInput(null)).toEqual([]);
  });
});

describe('a dropped folder', () => {
  type Tree = { [name: string]: Tree | string };
  const entry = (path: string, node: Tree | string): object => {
    if (typeof node === 'string') {
      return { isFile: true, fullPath: path, file: (done: (file: unknown) => void) => done({ name: node, size: 1 }) };
    }
    // As Chromium does, in portions, of which an empty one is the end.
    const children = Object.entries(node).map(([name, child]) => entry(`${path}/${name}`, child));
    const readEntries = (done: (some: object[]) => void) => done(children.splice(0, 2));
    return { isFile: false, fullPath: path, createReader: () => ({ readEntries }) };
  };
  const drop = (...entries: (object | null)[]) =>
    filesOfDrop({
      items: entries.map((one) => ({
        webkitGetAsEntry: () => one,
        getAsFile: () => null,
      })) as unknown as DataTransferItemList,
    });

  it('is read to its end, however many portions it comes in', async () => {
    const pictures = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`${i}.png`, `${i}.png`]));
    const anna = { 'coords.pkl': 'coords.pkl', full_imgs: pictures, '.git': { HEAD: 'HEAD' } };
    const paths = (await drop(entry('/anna', anna), null)).map(({ path }) => path).sort();
    expect(paths).toEqual(['anna/coords.pkl', ...[0, 1, 2, 3, 4].map((i) => `anna/full_imgs/${i}.png`)]);
  });

  it('takes a file that stands in no folder', async () => {
    const file = { name: 'anna.zip', size: 1 };
    const item = { webkitGetAsEntry: () => null, getAsFile: () => file };
    const items = [item] as unknown as DataTransferItemList;
    expect(await filesOfDrop({ items })).toEqual([{ file, path: 'anna.zip' }]);
  });

  it('that cannot be read says so', async () => {
    const shut = {
      isFile: false,
      fullPath: '/anna',
      createReader: () => ({ readEntries: (_: unknown, fail: (error: Error) => void) => fail(new Error('gone')) }),
    };
    await expect(drop(shut)).rejects.toThrow('gone');
  });
});
