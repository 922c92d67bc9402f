import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ImportView } from '../../shared/library-protocol';
import { useCast } from './cast';
import { dropUpload, forgetImport, importFiles, refreshImports, upload } from './import-actions';
import { newlyDone, noImports, shownImports, useImports } from './imports';
import { noModels, useMouthModels } from './mouth-models';

/** As much of XMLHttpRequest as a form needs; what it would send stays at hand. */
class FakeRequest {
  static sent: FakeRequest[] = [];
  upload: { onprogress?: (event: object) => void } = {};
  onload?: () => void;
  onabort?: () => void;
  onerror?: () => void;
  path = '';
  form = new FormData();
  status = 0;
  responseText = '';
  open(_method: string, path: string): void {
    this.path = path;
  }
  setRequestHeader(): void {}
  getResponseHeader(): null {
    return null;
  }
  send(form: FormData): void {
    this.form = form;
    FakeRequest.sent.push(this);
  }
  abort(): void {
    this.onabort?.();
  }
  answer(body: object, status = 200): void {
    this.status = status;
    this.responseText = JSON.stringify(body);
    this.onload?.();
  }
}

const view = (changes: Partial<ImportView>): ImportView => ({
  id: 'x',
  kind: 'avatar',
  name: 'anna',
  state: 'running',
  step: 'prepare',
  progress: 0.5,
  bytes: 3,
  createdAt: '2026-01-02T03:04:05.000Z',
  warnings: [],
  ...changes,
});
const folder = ['anna/coords.pkl', 'anna/full_imgs/0.png'].map((path) => ({ path, file: new File(['abc'], 'x') }));
const state = () => useImports.getState();
const settled = () => vi.waitFor(() => expect(state().uploads).toEqual([]));

let listed: ImportView[];
let asked: string[];
beforeEach(() => {
  FakeRequest.sent = [];
  listed = [];
  asked = [];
  useImports.setState(noImports, true);
  useMouthModels.setState(noModels, true);
  useCast.setState({ open: true, tab: 'presenters' });
  vi.stubGlobal('XMLHttpRequest', FakeRequest);
  vi.stubGlobal('fetch', async (path: string, { method }: { method: string }) => {
    asked.push(`${method} ${path}`);
    return new Response(JSON.stringify({ code: 0, data: { imports: listed, models: [], avatars: [], problems: [] } }));
  });
});
afterEach(() => vi.unstubAllGlobals());

describe('an import', () => {
  it('goes with its kind and name first and every file at its place, and then is what the server says', async () => {
    importFiles(folder, 'avatar');
    const [request] = FakeRequest.sent;
    expect([...(request?.form.keys() ?? [])]).toEqual(['kind', 'name', 'files', 'files']);
    expect(request?.form.get('kind')).toBe('avatar');
    expect(request?.form.getAll('files').map((file) => (file as File).name)).toEqual(folder.map(({ path }) => path));
    request?.upload.onprogress?.({ lengthComputable: true, loaded: 1, total: 4 });
    expect(state().uploads).toMatchObject([{ fraction: 0.25, problem: null }]);
    listed = [view({})];
    request?.answer({ code: 0, data: view({ state: 'queued' }) });
    await settled();
    await vi.waitFor(() => expect(state().imports).toEqual(listed));
  });

  it('that is refused says why in the server’s words, and is sent again as it was', async () => {
    importFiles(folder, 'avatar');
    FakeRequest.sent[0]?.answer({ code: -1, msg: 'the disk is full' }, 507);
    await vi.waitFor(() => expect(state().uploads).toMatchObject([{ problem: 'the disk is full' }]));
    const [failed] = state().uploads;
    if (failed) void upload(failed.id, failed.picked);
    expect(state().uploads).toMatchObject([{ problem: null, fraction: 0 }]);
    expect(FakeRequest.sent).toHaveLength(2);
  });

  it('that is called off leaves nothing behind', async () => {
    importFiles(folder, 'avatar');
    dropUpload(state().uploads[0]?.id ?? 0);
    await settled();
    expect(state().imports).toEqual([]);
  });

  it('shows where it belongs, whichever place it was given to', () => {
    importFiles([{ path: 'lips.pth', file: new File(['a'], 'lips.pth') }], 'avatar');
    expect(useCast.getState().tab).toBe('lips');
    expect(state().uploads).toMatchObject([{ picked: { kind: 'weights', name: 'lips' } }]);
  });

  it('of something else is refused at once, until the next try', () => {
    importFiles([{ path: 'face.png', file: new File(['a'], 'face.png') }], 'weights');
    expect(state().refused).toEqual({ kind: 'weights', problem: 'unknown' });
    expect(FakeRequest.sent).toEqual([]);
    importFiles(folder, 'avatar');
    expect(state().refused).toBeNull();
  });

  it('that has become ready is looked for among presenters, or among models', async () => {
    useImports.setState({ imports: [view({}), view({ id: 'y', kind: 'weights' })] });
    listed = [view({ state: 'done' }), view({ id: 'y', kind: 'weights' })];
    await refreshImports();
    expect(asked).toEqual(['GET /api/imports', 'GET /api/avatars']);
    listed = [view({ state: 'done' }), view({ id: 'y', kind: 'weights', state: 'done' })];
    await refreshImports();
    expect(asked.slice(2)).toEqual(['GET /api/imports', 'GET /api/models']);
  });

  it('is put away at once', async () => {
    useImports.setState({ imports: [view({ state: 'done' })] });
    const forgotten = forgetImport('x');
    expect(state().imports).toEqual([]);
    await forgotten;
    expect(asked).toEqual(['DELETE /api/imports/x']);
  });
});

describe('the list of imports', () => {
  it('shows what this page sends once, and another page’s as it comes', () => {
    const receiving = view({ step: 'receive' });
    const picked = { kind: 'avatar' as const, name: 'anna', files: [], bytes: 3 };
    const mine = { id: 1, picked, fraction: 0.5, problem: null };
    const all = {
      ...noImports,
      imports: [receiving, view({ id: 'z', state: 'done' }), view({ id: 'c', state: 'cancelled' })],
    };
    expect(shownImports(all, 'avatar').map(({ id }) => id)).toEqual(['x', 'z']);
    expect(shownImports({ ...all, uploads: [mine] }, 'avatar').map(({ id }) => id)).toEqual(['z']);
    expect(shownImports({ ...all, uploads: [{ ...mine, problem: '' }] }, 'avatar')).toHaveLength(2);
    expect(shownImports(all, 'weights')).toEqual([]);
  });

  it('knows what has become ready, also where it was never seen on its way', () => {
    const done = view({ state: 'done' });
    expect(newlyDone([], [done])).toEqual([done]);
    expect(newlyDone([view({})], [done])).toEqual([done]);
    expect(newlyDone([done], [done])).toEqual([]);
  });
});
