import type { Int8Job, Int8Verdict } from './job';

export async function makeInt8({ model }: Int8Job): Promise<Int8Verdict> {
  throw new Error(`${model.name} cannot be quantised in this version`);
}
