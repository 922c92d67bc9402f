import { RtpViewer } from '../testing/viewer';
import { type OffsetHooks, OffsetWatch } from './offset-watch';
import { type StreamHooks, StreamWatch } from './stream-watch';

export interface PeerHooks extends OffsetHooks {
  stream(kind: 'video' | 'audio'): StreamHooks;
}

/** A WebRTC viewer that decrypts and looks at what it gets, and decodes and keeps nothing. */
export class SoakPeer {
  readonly video: StreamWatch;
  readonly audio: StreamWatch;
  readonly offset: OffsetWatch;
  /** Of the newest whole picture, on `performance.now()`; 0 before the first. */
  lastPictureMs = 0;

  private constructor(
    private readonly viewer: RtpViewer,
    hooks: PeerHooks,
  ) {
    this.video = new StreamWatch(90_000, 3_600, hooks.stream('video'));
    this.audio = new StreamWatch(48_000, 960, hooks.stream('audio'));
    this.offset = new OffsetWatch(hooks);
    viewer.pc.onTrack.subscribe((track) => {
      const kind = track.kind === 'video' ? 'video' : 'audio';
      track.onReceiveRtp.subscribe(({ header: { sequenceNumber, timestamp, marker } }) => {
        const nowMs = performance.now();
        viewer[kind].packets.length = 0;
        this.readReports(kind);
        this[kind].push({ sequenceNumber, timestamp, marker, arrivedMs: nowMs });
        if (kind === 'audio') return this.offset.arrived(kind, timestamp, performance.timeOrigin + nowMs);
        if (!marker) return;
        this.lastPictureMs = nowMs;
        this.offset.arrived(kind, timestamp, performance.timeOrigin + nowMs);
      });
    });
  }

  static async offer(codec: 'H264' | 'VP8', hooks: PeerHooks): Promise<{ peer: SoakPeer; sdp: string }> {
    const { viewer, sdp } = await RtpViewer.offer(codec);
    return { peer: new SoakPeer(viewer, hooks), sdp };
  }

  accept(answer: string): Promise<void> {
    return this.viewer.accept(answer);
  }

  requestKeyframe(): Promise<void> {
    return this.viewer.requestKeyframe('pli');
  }

  /** Says goodbye (DTLS close_notify). */
  close(): Promise<void> {
    return this.viewer.close();
  }

  /** As one whose process was killed: from this moment not a word more, to nobody. */
  async vanish(): Promise<void> {
    for (const { connection } of this.viewer.pc.iceTransports) connection.send = async () => {};
    await this.viewer.close();
  }

  private readReports(kind: 'video' | 'audio'): void {
    for (const report of this.viewer[kind].reports.splice(0)) this.offset.report(kind, report);
  }
}
