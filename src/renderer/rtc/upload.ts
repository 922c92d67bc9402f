import { ApiError, authorisation, readReply } from './http';

export interface Sending {
  /** How much has left, in [0, 1]. */
  onProgress(fraction: number): void;
  signal: AbortSignal;
}

/**
 * Sends a form with its files. XMLHttpRequest, because fetch cannot report upload progress.
 * @throws ApiError with the server's words; an `AbortError` where it was called off
 */
export function postForm<T>(path: string, form: FormData, { onProgress, signal }: Sending): Promise<T> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', path);
    for (const [name, value] of Object.entries(authorisation())) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (e) => e.lengthComputable && onProgress(e.loaded / e.total);
    xhr.onload = () => {
      try {
        resolve(readReply<T>(xhr.status, xhr.responseText, xhr.getResponseHeader('retry-after')));
      } catch (error) {
        reject(error);
      }
    };
    xhr.onerror = () => reject(new ApiError(0, ''));
    xhr.onabort = () => reject(new DOMException('cancelled', 'AbortError'));
    signal.addEventListener('abort', () => xhr.abort(), { once: true });
    xhr.send(form);
  });
}

/** Sends an audio file. Resolves once the server has read it and knows that it is playable. */
export async function uploadAudio(sessionid: number, file: File, sending: Sending): Promise<void> {
  const form = new FormData();
  // The session goes first: the server can refuse an unknown one before it reads the file.
  form.append('sessionid', String(sessionid));
  form.append('file', file, file.name);
  await postForm('/humanaudio', form, sending);
}
