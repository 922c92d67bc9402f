import type { mouthModelsReply } from '../../shared/library-protocol';
import { request } from './http';

/** Calls about mouth models: what the setting `model` can name. */

type Reply = (typeof mouthModelsReply)['_output'];

export const listMouthModels = async (): Promise<Reply['data']> => (await request<Reply>('GET', '/api/models')).data;

export const deleteMouthModel = (id: string) => request('DELETE', `/api/models/${encodeURIComponent(id)}`);
