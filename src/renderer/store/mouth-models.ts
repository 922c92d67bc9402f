import { create } from 'zustand';
import type { MouthModel, mouthModelsReply } from '../../shared/library-protocol';
import { deleteMouthModel, listMouthModels } from '../rtc/mouth-models';
import { said } from './library-actions';

export interface MouthModels {
  /** Null until the server has told. */
  models: MouthModel[] | null;
  /** The model that was asked for while another one moves the lips, and why. */
  instead: (typeof mouthModelsReply)['_output']['data']['instead'] | null;
  /** Why there is no list; '' where the server said nothing. Null while all is well. */
  problem: string | null;
  /** What went wrong with one of them, by id. */
  faults: Record<string, string>;
}

export const noModels: MouthModels = { models: null, instead: null, problem: null, faults: {} };
export const useMouthModels = create<MouthModels>(() => noModels);

/** A list that is there already stays: an old one is better than none. */
export async function refreshModels(): Promise<void> {
  try {
    const { models, instead = null } = await listMouthModels();
    useMouthModels.setState({ models, instead, problem: null });
  } catch (error) {
    useMouthModels.setState({ problem: said(error) });
  }
}

/** Deletes its file; why not stands at the model. */
export async function removeModel(id: string): Promise<void> {
  try {
    await deleteMouthModel(id);
    useMouthModels.setState(({ faults: { [id]: _, ...faults } }) => ({ faults }));
  } catch (error) {
    useMouthModels.setState(({ faults }) => ({ faults: { ...faults, [id]: said(error) } }));
  }
  await refreshModels();
}
