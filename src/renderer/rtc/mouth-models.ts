import type { MouthModel } from '../../shared/library-protocol';
import { request } from './http';

/** Calls about mouth models: what the setting `model` can name. */

export const listMouthModels = async (): Promise<MouthModel[]> =>
  (await request<{ data: { models: MouthModel[] } }>('GET', '/api/models')).data.models;

export const deleteMouthModel = (id: string) => request('DELETE', `/api/models/${encodeURIComponent(id)}`);
