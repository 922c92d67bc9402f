import type { voicesReply } from '../../shared/protocol';

type Reply = (typeof voicesReply)['_output']['data'];
export type VoiceOption = Reply['voices'][number];

export interface Voices extends Omit<Reply, 'engines'> {
  engines: (Reply['engines'][number] & { retryAtMs: number | null })[];
}

/** A voice chosen by the reader: it means something to its engine only. */
export interface ChosenVoice {
  engine: string;
  id: string;
  name: string;
}

/** What goes along with a text; absent where the engine's own ways are wanted. */
export interface SpeechWish {
  voice?: string;
  speed?: number;
}

export const SPEED_MIN = 0.7;
export const SPEED_MAX = 1.5;

/** Turns "in so many milliseconds" into a moment, which can be counted down to. */
export function readVoices(reply: Reply, nowMs: number): Voices {
  const engines = reply.engines.map((engine) => ({
    ...engine,
    retryAtMs: engine.retryInMs === undefined ? null : nowMs + engine.retryInMs,
  }));
  return { ...reply, engines };
}

/** The chosen voice, if the server speaks with the engine that it belongs to and still offers it; null is automatic. */
export function voiceInUse(voices: Voices | null, chosen: ChosenVoice | null): ChosenVoice | null {
  if (!chosen || (voices && voices.engine !== chosen.engine)) return null;
  const offered = !voices?.voices.length || voices.voices.some((voice) => voice.id === chosen.id);
  return offered ? chosen : null;
}

export function speechWish(voices: Voices | null, chosen: ChosenVoice | null, speed: number): SpeechWish | undefined {
  const voice = voiceInUse(voices, chosen)?.id;
  const wish: SpeechWish = { ...(voice ? { voice } : {}), ...(speed === 1 ? {} : { speed }) };
  return Object.keys(wish).length > 0 ? wish : undefined;
}

export interface StandIn {
  engine: string;
  /** Null where nothing speaks instead. */
  instead: string | null;
  problem: string | null;
  retryAtMs: number | null;
  /** It is the engine that was to speak, not one that would have been better. */
  wanted: boolean;
}

/** The engine heard last, and the one that was asked for where that is another. */
export interface Heard {
  engine: string;
  instead: string | null;
}

/**
 * The engine that ought to speak and cannot, with the one that does: the one in use, or a better one, as the server lists the
 * best first. What a session told counts until the list says that the engine is well again. Null when all is well.
 */
export function standIn(voices: Voices | null, heard: Heard | null): StandIn | null {
  const engines = voices?.engines ?? [];
  const inUse = heard?.instead ?? voices?.engine;
  if (inUse === undefined) return null;
  const better = engines.slice(0, engines.findIndex((e) => e.engine === inUse) + 1);
  const failing = better.findLast((e) => e.state === 'failing');
  const own = engines.find((e) => e.engine === inUse);
  if (heard?.instead && own?.state !== 'ready') return describe(heard.instead, heard.engine, own, true);
  if (!failing) return null;
  const wanted = failing.engine === inUse;
  const after = engines.slice(engines.indexOf(failing) + 1).find((e) => e.state !== 'failing')?.engine ?? null;
  return describe(failing.engine, wanted ? after : inUse, failing, wanted);
}

const describe = (
  engine: string,
  instead: string | null,
  status: Voices['engines'][number] | undefined,
  wanted: boolean,
): StandIn => ({
  engine,
  instead,
  problem: status?.problem ?? null,
  retryAtMs: status?.retryAtMs ?? null,
  wanted,
});

export interface VoiceGroup {
  /** Base language (`zh`); '' where the engine does not tell. */
  language: string;
  voices: VoiceOption[];
}

const baseOf = (tag: string | undefined): string => tag?.toLowerCase().split(/[-_]/)[0] ?? '';

/** A name of Intl where it knows one, else the code itself. */
function nameOf(type: 'language' | 'region', code: string, display: string): string {
  if (code === '') return '';
  try {
    return new Intl.DisplayNames([display], { type }).of(code) ?? code;
  } catch {
    return code;
  }
}

export const languageName = (code: string, display: string): string => nameOf('language', code, display);

/** The country of a voice's language tag, in words; '' where it names none, or one that the browser has no word for. */
export function regionName(tag: string | undefined, display: string): string {
  const region = tag?.split(/[-_]/).find((part, i) => i > 0 && /^([A-Za-z]{2}|\d{3})$/.test(part));
  const name = region ? nameOf('region', region.toUpperCase(), display) : '';
  return name === region?.toUpperCase() ? '' : name;
}

/**
 * The voices that match every word of the query (name, id, language, country), by language: `first` languages in their order,
 * then by name, the unknown last.
 */
export function groupVoices(
  voices: readonly VoiceOption[],
  query: string,
  first: readonly string[],
  display: string,
): VoiceGroup[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, VoiceOption[]>();
  const names = new Map<string, string>();
  for (const voice of voices) {
    const language = baseOf(voice.language);
    if (!names.has(language)) names.set(language, languageName(language, display));
    const said = `${voice.name} ${voice.id} ${voice.language ?? ''} ${names.get(language)} ${regionName(voice.language, display)}`;
    if (!words.every((word) => said.toLowerCase().includes(word))) continue;
    const group = groups.get(language);
    if (group) group.push(voice);
    else groups.set(language, [voice]);
  }
  const rank = (language: string): number => {
    if (language === '') return first.length + 1;
    const at = first.indexOf(language);
    return at < 0 ? first.length : at;
  };
  return [...groups]
    .map(([language, list]) => ({ language, voices: list }))
    .sort(
      (a, b) =>
        rank(a.language) - rank(b.language) ||
        (names.get(a.language) ?? '').localeCompare(names.get(b.language) ?? '', display),
    );
}
