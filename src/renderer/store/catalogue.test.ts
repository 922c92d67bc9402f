import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CatalogueVoiceView } from '../../shared/library-protocol';
import {
  changeDownload,
  groupCatalogue,
  isOnItsWay,
  noCatalogue,
  refreshCatalogue,
  removeDownload,
  useCatalogue,
} from './catalogue';
import { noModels, refreshModels, removeModel, useMouthModels } from './mouth-models';

const voice = (name: string, state: CatalogueVoiceView['state'], language = 'en-US'): CatalogueVoiceView => ({
  name,
  language,
  bytes: 100,
  state,
  receivedBytes: 0,
});

let voices: CatalogueVoiceView[];
let asked: string[];
let refusal: { path: string; msg: string } | null;
beforeEach(() => {
  [voices, asked, refusal] = [[], [], null];
  useCatalogue.setState(noCatalogue, true);
  useMouthModels.setState(noModels, true);
  vi.stubGlobal('fetch', async (path: string, { method, body }: { method: string; body?: string }) => {
    asked.push([method, path, body].filter(Boolean).join(' '));
    if (refusal?.path === path) return new Response(JSON.stringify({ code: -1, msg: refusal.msg }), { status: 409 });
    const data = { voices, host: 'voices.example', models: [], engine: 'local', engines: [] };
    return new Response(JSON.stringify({ code: 0, data }));
  });
});
afterEach(() => vi.unstubAllGlobals());

describe('the catalogue of voices', () => {
  it('is asked for again after each step, and tells of a voice that has arrived', async () => {
    voices = [voice('a', 'downloading')];
    await changeDownload('a', 'download');
    expect(asked).toEqual(['POST /api/voices/catalogue/a {"action":"download"}', 'GET /api/voices/catalogue']);
    voices = [voice('a', 'installed')];
    await refreshCatalogue();
    // It is one to choose now, and so it is when it has gone.
    expect(asked.slice(2)).toEqual(['GET /api/voices/catalogue', 'GET /api/voices']);
    voices = [voice('a', 'absent')];
    await removeDownload('a');
    expect(asked.slice(4)).toEqual(['DELETE /api/voices/catalogue/a', 'GET /api/voices/catalogue', 'GET /api/voices']);
  });

  it('says at the voice what was refused, until the next try', async () => {
    refusal = { path: '/api/voices/catalogue/a', msg: 'the disk is full' };
    await changeDownload('a', 'resume');
    expect(useCatalogue.getState().faults).toEqual({ a: 'the disk is full' });
    refusal = null;
    await changeDownload('a', 'resume');
    expect(useCatalogue.getState().faults).toEqual({});
  });

  it('stays when it cannot be had anew', async () => {
    voices = [voice('a', 'absent')];
    await refreshCatalogue();
    refusal = { path: '/api/voices/catalogue', msg: 'gone' };
    await refreshCatalogue();
    expect(useCatalogue.getState()).toMatchObject({ problem: 'gone', catalogue: { voices } });
  });

  it('moves while something is queued, downloaded or checked, and not while it is paused', () => {
    const states = ['absent', 'queued', 'downloading', 'paused', 'checking', 'installed', 'failed'] as const;
    expect(states.filter((state) => isOnItsWay({ state }))).toEqual(['queued', 'downloading', 'checking']);
  });

  it('is by language, what was begun before what is here, and that before what could be', () => {
    const all = [voice('b', 'absent'), voice('c', 'installed'), voice('d', 'paused'), voice('z', 'absent', 'zh-CN')];
    const names = (first: string[], query = '') =>
      groupCatalogue(all, query, first, 'en').map((group) => group.voices.map(({ name }) => name).join(''));
    expect(names(['zh'])).toEqual(['z', 'dcb']);
    expect(names([], 'chinese')).toEqual(['z']);
  });
});

describe('mouth models', () => {
  it('say at the model why it stays, and are asked for again', async () => {
    refusal = { path: '/api/models/lips.pth', msg: 'in use' };
    await removeModel('lips.pth');
    expect(useMouthModels.getState()).toMatchObject({ faults: { 'lips.pth': 'in use' }, models: [] });
    refusal = { path: '/api/models', msg: 'gone' };
    await refreshModels();
    expect(useMouthModels.getState()).toMatchObject({ problem: 'gone', models: [] });
  });
});
