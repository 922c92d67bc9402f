import { describe, expect, it } from 'vitest';
import { fastest, type ProviderName, providersToTry } from './providers';

const known = ['cpu', 'webgpu', 'cuda', 'tensorrt'];
const slow = { cpuPictureMs: 60, ruledOut: {}, known };

describe('providersToTry', () => {
  it('tries what the build knows, and says why not the others', () => {
    const { toTry, passedOver } = providersToTry({ wanted: 'auto', ...slow });
    expect(toTry).toEqual(['cuda', 'webgpu']);
    expect(Object.fromEntries(passedOver.map(({ name, reason }) => [name, reason]))).toEqual({
      dml: 'not in this build of ONNX Runtime',
      coreml: 'not in this build of ONNX Runtime',
      tensorrt: 'not tried: ask for it with --provider tensorrt',
    });
  });

  it('tries nothing where the CPU has little to do, unless it is asked for', () => {
    expect(providersToTry({ ...slow, wanted: 'auto', cpuPictureMs: 8 }).toTry).toEqual([]);
    expect(providersToTry({ ...slow, wanted: 'cuda', cpuPictureMs: 8 }).toTry).toEqual(['cuda']);
    expect(providersToTry({ ...slow, wanted: 'tensorrt' }).toTry).toEqual(['tensorrt']);
    expect(providersToTry({ ...slow, wanted: 'cpu' }).toTry).toEqual([]);
  });

  it('never tries again what took the process down', () => {
    const { toTry, passedOver } = providersToTry({ ...slow, wanted: 'auto', ruledOut: { cuda: 'killed by SIGSEGV' } });
    expect(toTry).toEqual(['webgpu']);
    expect(passedOver.find(({ name }) => name === 'cuda')!.reason).toContain('killed by SIGSEGV');
  });
});

describe('fastest', () => {
  const trial = (name: ProviderName, pictureMs?: number) => ({
    name,
    chosen: false,
    reason: 'because',
    ...(pictureMs === undefined ? {} : { pictureMs }),
  });

  it('takes the fastest that works, and says of the others that they are slower', () => {
    const { chosen, trials } = fastest([trial('cpu', 50), trial('cuda', 4), trial('webgpu', 9), trial('dml')], 'auto');
    expect(chosen).toBe('cuda');
    expect(trials.map(({ name, chosen, reason }) => [name, chosen, reason])).toEqual([
      ['cpu', false, 'slower than cuda'],
      ['cuda', true, 'because'],
      ['webgpu', false, 'slower than cuda'],
      ['dml', false, 'because'],
    ]);
  });

  it('takes what was asked for if it works at all, and the CPU if it does not', () => {
    expect(fastest([trial('cpu', 5), trial('webgpu', 9)], 'webgpu').chosen).toBe('webgpu');
    expect(fastest([trial('cpu', 5), trial('webgpu')], 'webgpu').chosen).toBe('cpu');
  });
});
