import { describe, expect, it } from 'vitest';
import { fastMouthFile } from './open-network';
import { threadsFor } from './threads';

describe('threads', () => {
  it('is one where one draws 25 pictures a second', () => {
    expect(threadsFor(8, 16)).toBe(1);
    expect(threadsFor(20, 16)).toBe(1);
  });

  it('are as many as the picture needs, the machine has, and are of use', () => {
    expect(threadsFor(42, 2)).toBe(2);
    expect(threadsFor(42, 16)).toBe(2);
    expect(threadsFor(75, 16)).toBe(3);
    expect(threadsFor(215, 4)).toBe(4);
    expect(threadsFor(2_000, 64)).toBe(8);
    expect(threadsFor(215, 1)).toBe(1);
  });
});

describe('the graph of the mouth', () => {
  const graphs = { faceFile: 'face', mouthFile: 'plain', quickFile: 'quick', firstRow: 48, kept: [] };

  it('is the quick one where it was measured, and where it draws the same', () => {
    expect(fastMouthFile(graphs, 'x64')).toBe('quick');
    expect(fastMouthFile(graphs, 'arm64')).toBe('plain');
    const { quickFile, ...differing } = graphs;
    expect(fastMouthFile(differing, 'x64')).toBe('plain');
  });
});
