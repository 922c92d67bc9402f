import { type Browser, chromium, type Page } from 'playwright';
import { findChromium } from './chromium.mjs';
import type { ImpairedLink } from './impaired-link';

/** Flags of FIELD-NOTES: no sandbox for root, sound without a click, no chatter to hosts that a test machine does not reach. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

export async function launchChromium(extra: string[] = []): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath)
    throw new Error('Chromium is not installed; e.g. apt-get install chromium, or set CHROMIUM_PATH');
  return chromium.launch({ executablePath, headless: false, args: [...FLAGS, ...extra] });
}

/** What runs in the page: a bare WebRTC viewer with a sound meter and a mouth meter, and no more. */
export interface Viewer {
  sessionid: number;
  /** Milliseconds from the POST of the offer. */
  answerMs: number;
  connectedMs: number;
  firstPictureMs: number;
}

declare global {
  interface Window {
    throughLink(answer: string): Promise<string>;
    viewer: {
      pc: RTCPeerConnection;
      video: HTMLVideoElement;
      sessionid: number;
      /** performance.now() of the first sample louder than the threshold since the last reset; 0 while silent. */
      soundAtMs: number;
      /** ... of the last one. */
      lastSoundAtMs: number;
      /** performance.now() of the first picture whose mouth differs from the idle one since the last reset. */
      lipAtMs: number;
      mouth?: Uint8ClampedArray;
      resetMeters(): void;
    };
  }
}

/** Opens a viewer on a page of the server's own origin; resolves at the first picture. */
export async function view(
  page: Page,
  url: string,
  { codec, link }: { codec?: 'VP8' | 'H264'; link?: ImpairedLink } = {},
): Promise<Viewer> {
  const options = { codec, impaired: link !== undefined };
  if (link) await page.exposeFunction('throughLink', (answer: string) => link.through(answer));
  // tsx keeps function names by calling a helper that exists only in its own modules.
  await page.addInitScript('globalThis.__name = (value) => value');
  await page.goto(`${url}/docs`, { waitUntil: 'domcontentloaded' });
  return page.evaluate(async ({ codec, impaired }) => {
    const pc = new RTCPeerConnection({ iceServers: [] });
    const video = document.body.appendChild(document.createElement('video'));
    video.autoplay = true;
    video.playsInline = true;
    const stream = new MediaStream();
    video.srcObject = stream;
    pc.ontrack = ({ track }) => stream.addTrack(track);
    const transceiver = pc.addTransceiver('video', { direction: 'recvonly' });
    pc.addTransceiver('audio', { direction: 'recvonly' });
    if (codec) {
      const all = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
      transceiver.setCodecPreferences(all.filter((c) => c.mimeType === `video/${codec}`));
    }
    await pc.setLocalDescription(await pc.createOffer());
    if (pc.iceGatheringState !== 'complete') {
      await new Promise<void>((resolve) => {
        pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve();
        setTimeout(resolve, 1_000);
      });
    }
    const t0 = performance.now();
    const connected = new Promise<number>((resolve) => {
      pc.onconnectionstatechange = () => pc.connectionState === 'connected' && resolve(performance.now() - t0);
    });
    const firstPicture = new Promise<number>((resolve) =>
      video.requestVideoFrameCallback(() => resolve(performance.now() - t0)),
    );
    const reply = await fetch('/offer', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        // The server is not to find a way past the link.
        sdp: impaired ? pc.localDescription!.sdp.replace(/^a=candidate:.*\r\n/gm, '') : pc.localDescription!.sdp,
        type: 'offer',
      }),
    });
    const answer = await reply.json();
    if (impaired && answer.sdp) answer.sdp = await window.throughLink(answer.sdp);
    if (!answer.sdp) throw new Error(`${reply.status} ${JSON.stringify(answer)}`);
    const answerMs = performance.now() - t0;
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp });

    const audio = new AudioContext();
    const meter = audio.createAnalyser();
    meter.fftSize = 256;
    audio.createMediaStreamSource(stream).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    const viewer = {
      pc,
      video,
      sessionid: answer.sessionid as number,
      soundAtMs: 0,
      lastSoundAtMs: 0,
      lipAtMs: 0,
      mouth: undefined as Uint8ClampedArray | undefined,
      resetMeters: () => {
        viewer.soundAtMs = viewer.lastSoundAtMs = viewer.lipAtMs = 0;
        viewer.mouth = undefined;
      },
    };
    window.viewer = viewer;
    setInterval(() => {
      meter.getFloatTimeDomainData(samples);
      let peak = 0;
      for (const s of samples) peak = Math.max(peak, Math.abs(s));
      if (peak < 0.01) return;
      viewer.lastSoundAtMs = performance.now();
      viewer.soundAtMs ||= viewer.lastSoundAtMs;
    }, 4);
    const canvas = new OffscreenCanvas(48, 32);
    const ink = canvas.getContext('2d', { willReadFrequently: true })!;
    const look = () => {
      const { videoWidth: w, videoHeight: h } = video;
      // The mouth's place in the picture, a little larger than the lips.
      ink.drawImage(video, w * 0.38, h * 0.64, w * 0.24, h * 0.16, 0, 0, 48, 32);
      const now = ink.getImageData(0, 0, 48, 32).data;
      if (viewer.mouth && !viewer.lipAtMs) {
        let sum = 0;
        for (let i = 0; i < now.length; i += 4) sum += Math.abs(now[i]! - viewer.mouth[i]!);
        if (sum / (now.length / 4) > 6) viewer.lipAtMs = performance.now();
      }
      viewer.mouth ??= now;
      video.requestVideoFrameCallback(look);
    };
    const [connectedMs, firstPictureMs] = await Promise.all([connected, firstPicture]);
    video.requestVideoFrameCallback(look);
    return { sessionid: viewer.sessionid, answerMs, connectedMs, firstPictureMs };
  }, options);
}

export interface ReceiverFigures {
  framesDecoded: number;
  framesDropped: number;
  freezeCount: number;
  concealedSamples: number;
  concealmentEvents: number;
  totalSamples: number;
  /** Video minus audio by estimatedPlayoutTimestamp, ms; null until both have sender reports. */
  offsetMs: number | null;
  jitterBufferMs: { video: number; audio: number };
  atMs: number;
}

export function receiverFigures(page: Page): Promise<ReceiverFigures> {
  return page.evaluate(async () => {
    const report = await window.viewer.pc.getStats();
    // biome-ignore lint/suspicious/noExplicitAny: the DOM library lacks the newer receiver statistics
    const of = (kind: string): any =>
      [...report.values()].find((s) => s.type === 'inbound-rtp' && s.kind === kind) ?? {};
    const [video, audio] = [of('video'), of('audio')];
    const both = video.estimatedPlayoutTimestamp && audio.estimatedPlayoutTimestamp;
    return {
      framesDecoded: video.framesDecoded ?? 0,
      framesDropped: video.framesDropped ?? 0,
      freezeCount: video.freezeCount ?? 0,
      concealedSamples: audio.concealedSamples ?? 0,
      concealmentEvents: audio.concealmentEvents ?? 0,
      totalSamples: audio.totalSamplesReceived ?? 0,
      offsetMs: both ? video.estimatedPlayoutTimestamp - audio.estimatedPlayoutTimestamp : null,
      jitterBufferMs: {
        video: (1_000 * video.jitterBufferDelay) / Math.max(1, video.jitterBufferEmittedCount),
        audio: (1_000 * audio.jitterBufferDelay) / Math.max(1, audio.jitterBufferEmittedCount),
      },
      atMs: performance.now(),
    };
  });
}

/** The p-quantile (0..1) of measured values. */
export function quantile(values: number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;
}

/** Drags a WAV file over the page, waits for what the page then promises, and drops it. */
export async function dropSound(
  page: Page,
  { name, bytes, invitation }: { name: string; bytes: Uint8Array; invitation: string },
): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ({ name, bytes }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], name, { type: 'audio/wav' }));
      return transfer;
    },
    { name, bytes: [...bytes] },
  );
  await page.dispatchEvent('body', 'dragenter', { dataTransfer });
  await page.getByText(invitation).waitFor({ state: 'visible' });
  await page.dispatchEvent('body', 'drop', { dataTransfer });
}
