/** What `getStats` says, made into the few figures that people look at. Pure: entries in, figures out. */

export interface Figures {
  fps: number | null;
  /** Sound ahead of the picture is positive. */
  offsetMs: number | null;
  rttMs: number | null;
  bitrateBps: number | null;
  /** Picture and sound of this connection since it began. */
  receivedBytes: number | null;
  codec: string | null;
  widthPx: number | null;
  heightPx: number | null;
}

export const NO_FIGURES: Figures = {
  fps: null,
  offsetMs: null,
  rttMs: null,
  bitrateBps: null,
  receivedBytes: null,
  codec: null,
  widthPx: null,
  heightPx: null,
};

/** The counters of one poll, kept to subtract from the next. */
export interface Counters {
  atMs: number;
  framesDecoded: number;
  bytesReceived: number;
}

/** The fields of RTCStats that are read here; the rest of the report does not matter. */
export interface StatsEntry {
  type: string;
  id: string;
  kind?: string;
  framesDecoded?: number;
  bytesReceived?: number;
  estimatedPlayoutTimestamp?: number;
  codecId?: string;
  frameWidth?: number;
  frameHeight?: number;
  mimeType?: string;
  selectedCandidatePairId?: string;
  nominated?: boolean;
  state?: string;
  currentRoundTripTime?: number;
}

export function readStats(
  entries: Iterable<StatsEntry>,
  previous: Counters | null,
  atMs: number,
): { figures: Figures; counters: Counters } {
  const byId = new Map<string, StatsEntry>();
  for (const entry of entries) byId.set(entry.id, entry);
  const all = [...byId.values()];
  const inbound = (kind: string) => all.find((e) => e.type === 'inbound-rtp' && e.kind === kind);
  const video = inbound('video');
  const audio = inbound('audio');

  const counters: Counters = {
    atMs,
    framesDecoded: video?.framesDecoded ?? 0,
    bytesReceived: (video?.bytesReceived ?? 0) + (audio?.bytesReceived ?? 0),
  };
  // Counters that went backwards belong to another connection: say nothing rather than something absurd.
  const usable =
    previous !== null &&
    atMs > previous.atMs &&
    counters.framesDecoded >= previous.framesDecoded &&
    counters.bytesReceived >= previous.bytesReceived;
  const seconds = usable ? (atMs - previous.atMs) / 1_000 : 0;

  const figures: Figures = {
    fps: usable && video ? (counters.framesDecoded - previous.framesDecoded) / seconds : null,
    offsetMs: playoutOffsetMs(audio, video),
    rttMs: roundTripMs(all, byId),
    bitrateBps: usable ? ((counters.bytesReceived - previous.bytesReceived) * 8) / seconds : null,
    receivedBytes: video || audio ? counters.bytesReceived : null,
    codec: codecName(video?.codecId === undefined ? undefined : byId.get(video.codecId)?.mimeType),
    widthPx: video?.frameWidth ?? null,
    heightPx: video?.frameHeight ?? null,
  };
  return { figures, counters };
}

/** Both timestamps are the sender's clock for what is played out now: their difference is the lip-sync error. */
function playoutOffsetMs(audio: StatsEntry | undefined, video: StatsEntry | undefined): number | null {
  if (!audio?.estimatedPlayoutTimestamp || !video?.estimatedPlayoutTimestamp) return null;
  return audio.estimatedPlayoutTimestamp - video.estimatedPlayoutTimestamp;
}

function roundTripMs(all: StatsEntry[], byId: Map<string, StatsEntry>): number | null {
  const selectedId = all.find((e) => e.type === 'transport' && e.selectedCandidatePairId)?.selectedCandidatePairId;
  const pair =
    (selectedId === undefined ? undefined : byId.get(selectedId)) ??
    // Firefox has no transport entry: the nominated pair that works is the one in use.
    all.find((e) => e.type === 'candidate-pair' && e.nominated && e.state === 'succeeded');
  return pair?.currentRoundTripTime === undefined ? null : pair.currentRoundTripTime * 1_000;
}

function codecName(mimeType: string | undefined): string | null {
  return mimeType?.split('/')[1] ?? null;
}

/** True when media has stopped arriving: the server always sends, even in silence. */
export class StallWatch {
  private lastBytes = -1;
  private lastChangeMs = 0;

  constructor(private readonly limitMs: number) {}

  update(counters: Counters): boolean {
    if (counters.bytesReceived !== this.lastBytes) {
      this.lastBytes = counters.bytesReceived;
      this.lastChangeMs = counters.atMs;
      return false;
    }
    return counters.atMs - this.lastChangeMs >= this.limitMs;
  }
}
