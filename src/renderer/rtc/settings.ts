import type { SettingRow, settingsPatchReply, settingsReply } from '../../shared/settings-protocol';
import { request } from './http';

/** The server's settings (GET and PATCH /api/settings), and what its language model offers. */

export const listSettings = async (): Promise<SettingRow[]> =>
  (await request<(typeof settingsReply)['_output']>('GET', '/api/settings')).data.settings;

/** All or nothing: one value that is wrong changes none. @throws ApiError that says which, and why */
export const changeSettings = async (values: Record<string, unknown>) =>
  (await request<(typeof settingsPatchReply)['_output']>('PATCH', '/api/settings', { body: values })).data;

export const listModels = async (): Promise<string[]> =>
  (await request<{ data: { models: string[] } }>('GET', '/api/llm/models')).data.models;
