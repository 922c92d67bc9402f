import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { appRoot } from '../src/main/server/entries';
import { OnnxParts } from './onnx-part';

const file = join(appRoot, 'models', 'lip-mini.onnx');

it('cuts lip-mini into two halves that together draw what the whole draws', async () => {
  const parts = new OnnxParts(readFileSync(file));
  const tap = parts.outputs.includes('coefficients') ? 'coefficients' : parts.firstMadeBy('Clip', 'mel')!;
  const speech = await InferenceSession.create(parts.between({ mel: ['N', 1, 80, 16] }, [tap]));
  const face = await InferenceSession.create(parts.between({ [tap]: ['N', 10], face: ['N', 6, 160, 160] }, ['out']));
  const whole = await InferenceSession.create(file);
  try {
    const wave = (count: number, scale: number) =>
      Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i * i));
    const mel = new Tensor('float32', wave(80 * 16, 3), [1, 1, 80, 16]);
    const pixels = new Tensor('float32', wave(6 * 160 * 160, 0.5), [1, 6, 160, 160]);
    const mouth = (await speech.run({ mel }))[tap]!;
    expect(mouth.dims).toEqual([1, 10]);
    const drawn = (await face.run({ [tap]: mouth, face: pixels })).out!.data as Float32Array;
    const expected = (await whole.run({ mel, face: pixels })).out!.data as Float32Array;
    expect(drawn.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)).toBeLessThan(1e-5);
  } finally {
    for (const session of [speech, face, whole]) await session.release();
  }
});

it('refuses what is no model, and a part whose outputs need more than is given', () => {
  const parts = new OnnxParts(readFileSync(file));
  expect(() => parts.between({ mel: ['N', 1, 80, 16] }, ['out'])).toThrow('face, which is not given');
  expect(() => new OnnxParts(new TextEncoder().encode('RIFF....WAVEfmt '))).toThrow('no ONNX model');
});
