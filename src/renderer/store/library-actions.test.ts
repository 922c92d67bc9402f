import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { refreshExports, startExport, useExports } from './exports';
import { emptyLibrary, useLibrary } from './library';
import { refreshLibrary, searchLibrary } from './library-actions';

interface Asked {
  path: string;
  answer(body: object, status?: number): void;
}

let asked: Asked[];
beforeEach(() => {
  asked = [];
  useLibrary.setState(emptyLibrary, true);
  useExports.setState({ exports: [] });
  vi.stubGlobal(
    'fetch',
    (path: string) =>
      new Promise<Response>((resolve) => {
        const answer = (body: object, status = 200) => resolve(new Response(JSON.stringify(body), { status }));
        asked.push({ path, answer });
      }),
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const page = (...titles: string[]) => ({
  code: 0,
  data: { recordings: titles.map((title) => ({ id: title, title })), total: titles.length },
});
const shown = () => useLibrary.getState().recordings.map(({ title }) => title);

describe('a search', () => {
  it('is the server’s, with the words and the order as they are wanted', async () => {
    const searched = searchLibrary({ query: ' evening & more ', sort: 'longest' });
    expect(asked[0]?.path).toBe('/api/recordings?offset=0&limit=30&sort=longest&q=evening+%26+more');
    asked[0]?.answer(page('a'));
    await searched;
    expect(shown()).toEqual(['a']);
  });

  it('shows the answer to what was typed last, whichever comes last', async () => {
    const first = searchLibrary({ query: 'e' });
    const second = searchLibrary({ query: 'ev' });
    asked[1]?.answer(page('evening'));
    await second;
    asked[0]?.answer(page('evening', 'else'));
    await first;
    expect(shown()).toEqual(['evening']);
    // Nor does an old failure matter any more.
    const third = searchLibrary({ query: 'x' });
    useLibrary.setState({ query: '' });
    asked[2]?.answer({ code: -1, msg: 'gone' }, 500);
    await third;
    expect(useLibrary.getState().problem).toBe('');
  });

  it('stays when the list is asked for anew', async () => {
    useLibrary.setState({ query: 'show', sort: 'title' });
    void refreshLibrary();
    expect(asked[0]?.path).toMatch(/sort=title&q=show$/);
  });
});

describe('exports', () => {
  const one = (state: string) => ({
    code: 0,
    data: { exports: [{ id: 'x', state, warnings: [], source: { id: 'a' } }] },
  });
  const settled = () => vi.advanceTimersByTimeAsync(0);

  it('are asked for as long as one is on its way, and then not any more', async () => {
    vi.useFakeTimers();
    void refreshExports();
    asked[0]?.answer(one('running'));
    await settled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toHaveLength(2);
    asked[1]?.answer(one('done'));
    await settled();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toHaveLength(2);
    expect(useExports.getState().exports).toMatchObject([{ state: 'done' }]);
  });

  it('that cannot be had say why', async () => {
    const refused = startExport({ recording: 'a' }, { format: 'mp4' });
    asked[0]?.answer({ code: -1, msg: 'exports need ffmpeg' });
    expect(await refused).toBe('exports need ffmpeg');
  });
});
