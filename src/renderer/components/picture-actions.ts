import { toastError } from '../store/toasts';

/** What can be done with the presenter's picture. The page has one video element: the stage's. */

const video = (): HTMLVideoElement | null => document.querySelector('video[data-presenter]');

export const canFloat = (): boolean => document.pictureInPictureEnabled === true;
/** Phones of one large maker allow full screen only for their own player. */
export const canFullscreen = (): boolean => document.fullscreenEnabled === true;

/** The presenter in a small window above all others, and back. */
export async function toggleFloating(): Promise<void> {
  try {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else await video()?.requestPictureInPicture();
  } catch (error) {
    toastError('error.float', error);
  }
}

/** A browser that refuses (no press came before) has nothing to be told about. */
export async function toggleFullscreen(element: Element | null): Promise<void> {
  await (document.fullscreenElement ? document.exitFullscreen() : element?.requestFullscreen())?.catch(() => undefined);
}

/** Saves the picture of this moment as a PNG, in the size in which it came. */
export async function saveSnapshot(): Promise<void> {
  try {
    const picture = await snapshot('image/png');
    const url = URL.createObjectURL(picture);
    const link = document.createElement('a');
    link.href = url;
    link.download = `herald-${stamp(new Date())}.png`;
    link.click();
    // The download has taken it over by then.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (error) {
    toastError('error.snapshot', error);
  }
}

/**
 * @param widthPx the picture is made so wide; undefined is its own size
 * @throws Error when no picture has come yet
 */
export async function snapshot(type: string, widthPx?: number): Promise<Blob> {
  const source = video();
  if (!source?.videoWidth) throw new Error('no picture has arrived yet');
  const scale = (widthPx ?? source.videoWidth) / source.videoWidth;
  const canvas = new OffscreenCanvas(Math.round(source.videoWidth * scale), Math.round(source.videoHeight * scale));
  canvas.getContext('2d')?.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type, quality: 0.8 });
}

/** 2026-01-31-142509, local time: it sorts. */
const stamp = (now: Date): string => {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-');
  return `${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
};
