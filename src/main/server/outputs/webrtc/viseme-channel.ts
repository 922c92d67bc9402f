import type { RTCDataChannel } from 'werift';
import type { VisemePicture, VisemesEvent } from '../../../../shared/viseme-protocol';

/** What a client names the data channel that it wants visemes on. */
export const VISEME_CHANNEL = 'visemes';
/** About a hundred pictures. What waits longer is of no use to a face that is to move with the sound. */
const MAX_WAITING_BYTES = 32 * 1024;

/** Sends the mouth of each picture as it is shown, one message a picture, on a channel that the client opened. */
export class VisemeChannel {
  private dropped = 0;
  private onClosed: () => void = () => {};
  private closed = false;

  constructor(private readonly channel: RTCDataChannel) {
    channel.stateChange.subscribe((state) => {
      if (state === 'closing' || state === 'closed') this.close();
    });
  }

  /** Called once, when nothing can be sent any more; at once where that is so already. */
  closeWith(onClosed: () => void): void {
    this.onClosed = onClosed;
    if (this.closed) onClosed();
  }

  /** A picture for which there is no room is left out, and the next one says how many were. */
  send(picture: VisemePicture): void {
    const { channel } = this;
    if (this.closed || channel.readyState !== 'open') return;
    if (channel.bufferedAmount > MAX_WAITING_BYTES) {
      this.dropped++;
      return;
    }
    const { dropped } = this;
    const event: VisemesEvent = { status: 'visemes', pictures: [picture], ...(dropped > 0 && { dropped }) };
    this.dropped = 0;
    channel.send(JSON.stringify(event));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.onClosed();
  }
}
