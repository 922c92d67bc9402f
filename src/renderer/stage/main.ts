import './stage.css';
import { backoffMs, queueWaitMs } from '../rtc/backoff';
import { ApiError } from '../rtc/http';
import { type Counters, readStats, StallWatch, type StatsEntry } from '../rtc/stats';
import { type Feed, openFeed } from './feed';
import { readOptions } from './options';

/**
 * The clean feed: the presenter's picture and sound and nothing else, for OBS, a projector or a second screen. It comes back by
 * itself; meanwhile the last picture stays, since a word of apology would be on air as well. The title says what is going on.
 */
const POLL_MS = 1_000;
/** ICE may recover from a short gap by itself; longer than this, a new connection is faster. */
const DISCONNECTED_MS = 3_000;
const STALL_MS = 4_000;
/** An offer at the server's limit is answered within 3 s, and a media path takes a second or two. */
const OPEN_LIMIT_MS = 25_000;

const options = readOptions(location.search);
const video = document.body.appendChild(document.createElement('video'));
video.autoplay = true;
video.playsInline = true;
const root = document.documentElement;
root.style.setProperty('--ground', options.ground);
root.style.setProperty('--fit', options.fit);
video.muted = options.muted;

let feed: Feed | null = null;
let leaving = new AbortController();
let wake: () => void = () => undefined;

function say(state: 'connecting' | 'on air' | 'waiting', why = ''): void {
  root.dataset.state = state;
  document.title = `Herald: ${state}${why && ` (${why})`}`;
}

async function run(): Promise<void> {
  for (let attempt = 1; !leaving.signal.aborted; attempt++) {
    say('connecting');
    let waitMs = 0;
    try {
      feed = await openFeed(options, AbortSignal.any([leaving.signal, AbortSignal.timeout(OPEN_LIMIT_MS)]));
      if (leaving.signal.aborted) return feed.leave();
      attempt = 0;
      await show(feed);
    } catch (error) {
      waitMs = error instanceof ApiError && error.status === 503 ? queueWaitMs(error.retryAfterS) : backoffMs(attempt);
      const why = error instanceof Error ? error.message : String(error);
      say('waiting', why);
      if (why) console.warn(why);
    }
    feed?.leave();
    feed = null;
    if (waitMs > 0) await pause(waitMs);
  }
}

/** Shows a feed until it is lost. */
async function show({ pc, stream }: Feed): Promise<void> {
  video.srcObject = stream;
  await play();
  say('on air');
  const watch = new StallWatch(STALL_MS);
  let counters: Counters | null = null;
  let gap: ReturnType<typeof setTimeout> | undefined;
  let polling: ReturnType<typeof setInterval> | undefined;
  try {
    await new Promise<void>((lost) => {
      pc.onconnectionstatechange = () => {
        clearTimeout(gap);
        if (pc.connectionState === 'failed' || pc.connectionState === 'closed') lost();
        if (pc.connectionState === 'disconnected') gap = setTimeout(lost, DISCONNECTED_MS);
      };
      polling = setInterval(async () => {
        const report = await pc.getStats().catch(() => null);
        if (!report) return;
        ({ counters } = readStats(report.values() as Iterable<StatsEntry>, counters, performance.now()));
        if (watch.update(counters)) lost();
      }, POLL_MS);
    });
  } finally {
    clearInterval(polling);
    clearTimeout(gap);
    pc.onconnectionstatechange = null;
  }
}

/** Browsers that want a click before sound show the picture at once, and let the sound in with the first one. OBS wants none. */
async function play(): Promise<void> {
  try {
    await video.play();
  } catch {
    video.muted = true;
    await video.play().catch(() => undefined);
    const unmute = () => (video.muted = options.muted);
    for (const event of ['pointerdown', 'keydown']) addEventListener(event, unmute, { once: true });
  }
}

const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

addEventListener('online', () => wake());
addEventListener('pagehide', () => {
  leaving.abort();
  feed?.leave();
});
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  leaving = new AbortController();
  void run();
});
void run();
