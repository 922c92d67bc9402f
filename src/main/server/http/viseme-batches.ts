import type { VisemePicture, VisemesEvent } from '../../../shared/viseme-protocol';

/** 120 ms: a third of the messages, and still before what a viewer's jitter buffer lets out. */
const PICTURES_PER_EVENT = 3;
/** Of a client that does not read. The other events of the session wait in the same place, and must find room. */
const MAX_WAITING_BYTES = 64 * 1024;

/** Pictures of speech -> events of a few pictures. What begins or ends speech goes out at once. */
export class VisemeBatches {
  private pictures: VisemePicture[] = [];
  private dropped = 0;
  private speaking = false;

  constructor(
    private readonly send: (event: VisemesEvent) => void,
    private readonly waitingBytes: () => number,
  ) {}

  add(picture: VisemePicture): void {
    this.pictures.push(picture);
    const silent = picture.visemes.sil === 1;
    const turns = silent === this.speaking;
    this.speaking = !silent;
    if (turns || silent || this.pictures.length >= PICTURES_PER_EVENT) this.flush();
  }

  private flush(): void {
    const { pictures, dropped } = this;
    this.pictures = [];
    if (this.waitingBytes() > MAX_WAITING_BYTES) {
      this.dropped += pictures.length;
      return;
    }
    this.dropped = 0;
    this.send({ status: 'visemes', pictures, ...(dropped > 0 && { dropped }) });
  }
}
