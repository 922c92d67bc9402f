import type { ImportKind, ImportView } from '../../shared/library-protocol';
import { jobInOwnWords } from '../i18n/told';
import { request } from './http';
import { postForm, type Sending } from './upload';

/** Calls about imports: an avatar's folder or mouth weights in, something the studio can use out. */

/** A file with its place in the folder that was picked or dropped; its own name where it came alone. */
export interface ImportFile {
  file: File;
  path: string;
}

type Reply = { data: ImportView };

/** Resolves once everything has arrived; what becomes of it is told by `listImports`. */
export async function sendImport(
  { kind, name, files }: { kind: ImportKind; name: string; files: readonly ImportFile[] },
  sending: Sending,
): Promise<ImportView> {
  const form = new FormData();
  form.append('kind', kind);
  form.append('name', name);
  for (const { file, path } of files) form.append('files', file, path);
  return (await postForm<Reply>('/api/imports', form, sending)).data;
}

export const listImports = async (): Promise<ImportView[]> =>
  (await request<{ data: { imports: ImportView[] } }>('GET', '/api/imports')).data.imports.map(jobInOwnWords);

/** Calls it off, or forgets what was told of it. What was imported stays. */
export const dropImport = (id: string) => request('DELETE', `/api/imports/${encodeURIComponent(id)}`);
