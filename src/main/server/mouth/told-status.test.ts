import { expect, it } from 'vitest';
import { toldStatus } from './told-status';

it('says by key why lips are made as they are, and leaves every word as it is', () => {
  const status = {
    model: 'lip-mini',
    provider: 'cpu',
    providers: [
      { name: 'cpu' as const, chosen: true, reason: 'it runs everywhere', pictureMs: 1 },
      { name: 'cuda' as const, chosen: false, reason: 'not tried: the CPU needs only 1.0 ms a picture' },
      { name: 'dml' as const, chosen: false, reason: 'Failed to load library d3d12.dll' },
    ],
    modeReason: 'the model came as ONNX, with no separate face graph',
    instead: { model: 'wav2lip', why: 'it is being made ready', loading: true },
    faceSizePx: 96,
    warmPictureMs: 1,
    state: 'ready' as const,
    restarts: 0,
  };
  const told = toldStatus(status);
  expect(told).toMatchObject(status);
  expect(told.providers!.map((trial) => trial.told)).toEqual([
    { key: 'mouth.everywhere' },
    { key: 'mouth.cpuDoes', values: { ms: '1.0' } },
    undefined,
  ]);
  expect(told.toldModeReason).toEqual({ key: 'mouth.noFaceGraph' });
  expect(told.instead!.told).toEqual({ key: 'mouth.madeReady' });
});
