import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { usePreferences } from './preferences';
import { useStudio } from './studio';
import { listenTo, stopPreview, useVoicePreview } from './voice-preview';

class FakeAudio {
  static all: FakeAudio[] = [];
  volume = 1;
  src = '';
  paused = true;
  error = null;
  onplaying?: () => void;
  onended?: () => void;
  onerror?: () => void;
  constructor() {
    FakeAudio.all.push(this);
  }
  async play(): Promise<void> {
    this.paused = false;
  }
  pause(): void {
    this.paused = true;
  }
  removeAttribute(): void {
    this.src = '';
  }
}

interface Asked {
  body: unknown;
  signal: AbortSignal;
  answer(reply: Response): void;
}
let asked: Asked[];
let held: Set<string>;
const wav = () => new Response('RIFF', { headers: { 'content-type': 'audio/wav' } });
const state = () => useVoicePreview.getState();

beforeEach(() => {
  asked = [];
  held = new Set();
  FakeAudio.all = [];
  usePreferences.setState({ speed: 1 });
  useStudio.setState({ volume: 0.4 });
  vi.stubGlobal('Audio', FakeAudio);
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => {
    held.add(`blob:${held.size}`);
    return [...held].at(-1) ?? '';
  });
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation((address) => void held.delete(address));
  vi.stubGlobal(
    'fetch',
    (_path: string, { body, signal }: { body: string; signal: AbortSignal }) =>
      new Promise<Response>((resolve, reject) => {
        asked.push({ body: JSON.parse(body), signal, answer: resolve });
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  );
});
afterEach(() => {
  stopPreview();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Lets one voice come so far that it is heard. */
async function hear(voice: string): Promise<FakeAudio> {
  void listenTo(voice);
  asked.at(-1)?.answer(wav());
  const count = FakeAudio.all.length;
  await vi.waitFor(() => expect(FakeAudio.all.length).toBeGreaterThan(count));
  const player = FakeAudio.all.at(-1) as FakeAudio;
  player.onplaying?.();
  return player;
}

describe('listening to a voice', () => {
  it('goes from loading to playing to silence, at the stage’s volume', async () => {
    usePreferences.setState({ speed: 1.2 });
    const heard = hear('a');
    expect(state()).toMatchObject({ voice: 'a', state: 'loading' });
    const player = await heard;
    expect(asked[0]?.body).toEqual({ voice: 'a', speed: 1.2 });
    expect(state()).toMatchObject({ voice: 'a', state: 'playing' });
    expect(player).toMatchObject({ volume: 0.4, paused: false });
    useStudio.setState({ volume: 0.9 });
    expect(player.volume).toBe(0.9);
    player.onended?.();
    await vi.waitFor(() => expect(state()).toEqual({ voice: null, state: 'idle', fault: null }));
    expect(held.size).toBe(0);
  });

  it('is one at a time: another one ends it, and so does a second press', async () => {
    const first = await hear('a');
    const second = await hear('b');
    expect(first.paused).toBe(true);
    expect(state().voice).toBe('b');
    await listenTo('b');
    expect(second.paused).toBe(true);
    expect(state()).toMatchObject({ voice: null, state: 'idle' });
    expect(held.size).toBe(0);
  });

  it('that is still loading is called off', async () => {
    void listenTo('a');
    await listenTo('a');
    expect(asked).toHaveLength(1);
    expect(asked[0]?.signal.aborted).toBe(true);
    await Promise.resolve();
    expect(state()).toEqual({ voice: null, state: 'idle', fault: null });
    expect(FakeAudio.all).toEqual([]);
  });

  it('that fails says why at the voice, until another is listened to', async () => {
    void listenTo('a');
    asked[0]?.answer(new Response(JSON.stringify({ code: -1, msg: 'no such voice' }), { status: 404 }));
    await vi.waitFor(() => expect(state().fault).toEqual({ voice: 'a', problem: 'no such voice' }));
    expect(state().state).toBe('idle');
    await hear('b');
    expect(state().fault).toBeNull();
  });
});
