import type { CatalogueVoiceView, catalogueAction, catalogueReply } from '../../shared/library-protocol';
import { ApiError, authorisation, readReply, request } from './http';

/** Calls about voices that can be downloaded, and about hearing one. */

export type Catalogue = (typeof catalogueReply)['_output']['data'];
export type CatalogueAction = (typeof catalogueAction)['_output']['action'];

const pathOf = (name: string): string => `/api/voices/catalogue/${encodeURIComponent(name)}`;

export const listCatalogue = async (): Promise<Catalogue> =>
  (await request<{ data: Catalogue }>('GET', '/api/voices/catalogue')).data;

export const changeCatalogueVoice = async (name: string, action: CatalogueAction): Promise<CatalogueVoiceView> =>
  (await request<{ data: CatalogueVoiceView }>('POST', pathOf(name), { body: { action } })).data;

/** Removes what is installed, or what has arrived of it. */
export const removeCatalogueVoice = (name: string) => request('DELETE', pathOf(name));

/** A greeting in that voice, as a WAV file. @throws ApiError; an `AbortError` where it was called off */
export async function previewVoice(voice: string, speed: number, signal: AbortSignal): Promise<Blob> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorisation() },
    body: JSON.stringify({ voice, ...(speed === 1 ? {} : { speed }) }),
    signal,
  };
  let reply: Response;
  try {
    reply = await fetch('/api/voices/preview', init);
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ApiError(0, '');
  }
  if (reply.ok && reply.headers.get('content-type')?.startsWith('audio/')) return reply.blob();
  readReply(reply.status, await reply.text(), reply.headers.get('retry-after'));
  throw new ApiError(reply.status, '');
}
