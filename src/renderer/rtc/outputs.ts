import type { OutputView } from '../../shared/protocol';
import { request } from './http';

/** Calls about where a session is sent to. */

export type NewOutput = { kind: 'rtmp' | 'whip'; url: string; token?: string } | { kind: 'camera'; device?: string };

const path = (sessionId: number): string => `/api/sessions/${sessionId}/outputs`;

export const addOutput = async (sessionId: number, output: NewOutput): Promise<OutputView> =>
  (await request<{ data: OutputView }>('POST', path(sessionId), { body: output })).data;

export const removeOutput = (sessionId: number, id: string) =>
  request('DELETE', `${path(sessionId)}/${encodeURIComponent(id)}`);
