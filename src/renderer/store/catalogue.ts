import { create } from 'zustand';
import type { CatalogueVoiceView } from '../../shared/library-protocol';
import {
  type Catalogue,
  type CatalogueAction,
  changeCatalogueVoice,
  listCatalogue,
  removeCatalogueVoice,
} from '../rtc/catalogue';
import { said } from './library-actions';
import { refreshVoices } from './voice-actions';
import { groupVoices } from './voices';

/** Voices that can be downloaded, and those that are on their way. */
export interface CatalogueState {
  /** Null until the server has told. */
  catalogue: Catalogue | null;
  /** Why there is no list; '' where the server said nothing. Null while all is well. */
  problem: string | null;
  /** What was asked of a voice and refused, by name. */
  faults: Record<string, string>;
}

export const noCatalogue: CatalogueState = { catalogue: null, problem: null, faults: {} };
export const useCatalogue = create<CatalogueState>(() => noCatalogue);

/** Is its figure about to change? A paused one waits for somebody. */
export const isOnItsWay = ({ state }: Pick<CatalogueVoiceView, 'state'>): boolean =>
  state === 'queued' || state === 'downloading' || state === 'checking';

const installed = (catalogue: Catalogue | null): string =>
  (catalogue?.voices ?? []).flatMap(({ name, state }) => (state === 'installed' ? [name] : [])).join('\n');

/** A list that is there already stays. One that has arrived is a voice to choose. */
export async function refreshCatalogue(): Promise<void> {
  const before = useCatalogue.getState().catalogue;
  try {
    const catalogue = await listCatalogue();
    useCatalogue.setState({ catalogue, problem: null });
    if (before && installed(before) !== installed(catalogue)) await refreshVoices();
  } catch (error) {
    useCatalogue.setState({ problem: said(error) });
  }
}

/** Downloads, holds, goes on. A refusal stands at the voice. */
export const changeDownload = (name: string, action: CatalogueAction): Promise<void> =>
  settle(name, () => changeCatalogueVoice(name, action));

/** Deletes it, or gives its download up. */
export const removeDownload = (name: string): Promise<void> => settle(name, () => removeCatalogueVoice(name));

async function settle(name: string, ask: () => Promise<unknown>): Promise<void> {
  useCatalogue.setState(({ faults: { [name]: _, ...faults } }) => ({ faults }));
  try {
    await ask();
  } catch (error) {
    useCatalogue.setState(({ faults }) => ({ faults: { ...faults, [name]: said(error) } }));
  }
  await refreshCatalogue();
}

const RANK: Partial<Record<CatalogueVoiceView['state'], number>> = { absent: 2, installed: 1 };

/** By language as voices are, what was begun first, then what is here, then what could be. */
export function groupCatalogue(
  voices: readonly CatalogueVoiceView[],
  query: string,
  first: readonly string[],
  display: string,
): { language: string; voices: CatalogueVoiceView[] }[] {
  const byName = new Map(voices.map((voice) => [voice.name, voice]));
  const options = voices.map(({ name, language }) => ({ id: name, name, language }));
  return groupVoices(options, query, first, display).map((group) => ({
    language: group.language,
    voices: group.voices
      .flatMap(({ id }) => byName.get(id) ?? [])
      .toSorted((a, b) => (RANK[a.state] ?? 0) - (RANK[b.state] ?? 0)),
  }));
}
