import { describe, expect, it } from 'vitest';
import { placeWindow, type WindowState } from './window-state';

const primary = { x: 0, y: 30, width: 1920, height: 1050 };
const left = { x: -1280, y: 0, width: 1280, height: 1024 };
const wanted = { width: 1280, height: 800 };
const smallest = { width: 420, height: 560 };
const at = (x: number, y: number, width = 1000, height = 700): WindowState => ({
  x,
  y,
  width,
  height,
  maximised: false,
});
const place = (saved: WindowState | undefined, displays = [primary, left]) =>
  placeWindow(saved, wanted, smallest, displays);

describe('where a window opens', () => {
  it('is the middle, in the size wanted, the first time', () => {
    expect(place(undefined)).toEqual(wanted);
  });

  it('is where it was, on any display', () => {
    expect(place(at(100, 100))).toEqual({ x: 100, y: 100, width: 1000, height: 700 });
    expect(place(at(-1200, 50))).toEqual({ x: -1200, y: 50, width: 1000, height: 700 });
  });

  it('is the middle again when its display is gone, or only a corner of it would show', () => {
    expect(place(at(-1200, 50), [primary])).toEqual(wanted);
    for (const lost of [at(1900, 100), at(-990, 100), at(100, 1070), at(100, -500), at(90_000, 0)]) {
      expect(place(lost, [primary]), JSON.stringify(lost)).toEqual(wanted);
    }
  });

  it('has its title bar below the menu bar of the screen', () => {
    expect(place(at(100, 10)).y).toBe(30);
  });

  it('is no larger than its screen and no smaller than is of use', () => {
    expect(place(at(0, 30, 5_000, 4_000))).toMatchObject({ width: 1920, height: 1050 });
    expect(place(at(0, 30, 100, 10))).toMatchObject(smallest);
    expect(place(undefined, [{ x: 0, y: 0, width: 320, height: 480 }])).toEqual({ width: 320, height: 480 });
    expect(place(undefined, [])).toEqual(wanted);
  });
});
