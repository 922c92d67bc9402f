import { ApiError, authorisation, readReply } from './http';

/**
 * Sends an audio file with progress in [0, 1]. XMLHttpRequest, because fetch cannot report upload progress.
 * Resolves once the server has read the file and knows that it is playable.
 */
export function uploadAudio(
  sessionid: number,
  file: File,
  options: { onProgress(fraction: number): void; signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    // The session goes first: the server can refuse an unknown one before it reads the file.
    form.append('sessionid', String(sessionid));
    form.append('file', file, file.name);
    const xhr = new XMLHttpRequest();
    xhr.open('POST', '/humanaudio');
    for (const [name, value] of Object.entries(authorisation())) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (e) => e.lengthComputable && options.onProgress(e.loaded / e.total);
    xhr.onload = () => {
      try {
        readReply(xhr.status, xhr.responseText, xhr.getResponseHeader('retry-after'));
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    xhr.onerror = () => reject(new ApiError(0, ''));
    xhr.onabort = () => reject(new DOMException('cancelled', 'AbortError'));
    options.signal.addEventListener('abort', () => xhr.abort(), { once: true });
    xhr.send(form);
  });
}
