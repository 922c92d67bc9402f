import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { emptyLibrary, useLibrary } from '../../store/library';
import { canReveal, reveal } from './reveal';

const bridge = (revealRecording?: (file: string) => Promise<boolean>) =>
  vi.stubGlobal('window', revealRecording ? { herald: { revealRecording } } : {});
const fault = () => useLibrary.getState().faults.a;

beforeEach(() => useLibrary.setState(emptyLibrary));
afterEach(() => void vi.unstubAllGlobals());

it('is the desktop app’s: a browser has no button for it', () => {
  bridge();
  expect(canReveal()).toBe(false);
  bridge(async () => true);
  expect(canReveal()).toBe(true);
});

it('names the file, and tells in the row when there is none or the system will not', async () => {
  const asked: string[] = [];
  bridge(async (file) => {
    asked.push(file);
    return true;
  });
  await reveal('a', 'a.mp4');
  expect([asked, fault()]).toEqual([['a.mp4'], undefined]);
  bridge(async () => false);
  await reveal('a', 'a.mp4');
  expect(fault()).toMatch(/is not in the folder/);
  bridge(() => Promise.reject(new Error('no file manager')));
  await reveal('a', 'a.mp4');
  expect(fault()).toBe('no file manager');
});
