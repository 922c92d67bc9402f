import { create } from 'zustand';
import type { OutputView, SessionSummary } from '../../../shared/protocol';
import type { ScopeName, ServerAddress, TokensPage } from '../../../shared/server-protocol';
import {
  endSession,
  type Health,
  makeToken,
  readAccess,
  readAddress,
  readHealth,
  readOutputs,
  readSessions,
  readTokens,
  revokeToken,
} from '../../rtc/server';
import { said } from '../../store/library-actions';
import { SAMPLES, type Sample, type SessionRate, sampleBetween, sessionRates } from './samples';

export interface ServerState {
  /** `stale`: it answered once, and does not now. */
  state: 'loading' | 'ready' | 'stale' | 'failed';
  /** Why, in the server's words; '' where it said nothing. */
  problem: string;
  health: Health | null;
  sessions: readonly SessionSummary[];
  rates: Readonly<Record<string, SessionRate>>;
  outputs: Readonly<Record<string, readonly OutputView[]>>;
  /** Sessions on their way out, and why one did not go. */
  closing: readonly number[];
  closeFaults: Readonly<Record<string, string>>;
  samples: readonly Sample[];
  /** What this page may do; null until the server has told. */
  scope: ScopeName | null;
  /** Null where this page may not know. */
  address: ServerAddress | null;
  tokens: TokensPage | null;
  tokensProblem: string;
}

export const emptyServer: ServerState = {
  state: 'loading',
  problem: '',
  health: null,
  sessions: [],
  rates: {},
  outputs: {},
  closing: [],
  closeFaults: {},
  samples: [],
  scope: null,
  address: null,
  tokens: null,
  tokensProblem: '',
};

export const useServer = create<ServerState>(() => emptyServer);

/** One reading more. Pure. */
export function withReading(
  state: ServerState,
  health: Health,
  sessions: readonly SessionSummary[],
): Partial<ServerState> {
  const sample = state.health && sampleBetween(state.health.load, health.load);
  const live = new Set(sessions.map(({ sessionid }) => sessionid));
  return {
    state: 'ready',
    problem: '',
    health,
    sessions,
    rates: sessionRates(state.health, health),
    closing: state.closing.filter((id) => live.has(id)),
    ...(sample && { samples: [...state.samples, sample].slice(-SAMPLES) }),
  };
}

/** Asked once a second while somebody looks: one change of the state each time. */
export async function refreshServer(): Promise<void> {
  try {
    const [health, sessions] = await Promise.all([readHealth(), readSessions()]);
    useServer.setState((state) => withReading(state, health, sessions));
  } catch (error) {
    useServer.setState((state) => ({ state: state.health ? 'stale' : 'failed', problem: said(error) }));
  }
}

/** What does not change while the panel is open. */
export async function learnServer(): Promise<void> {
  const { scope } = await readAccess().catch(() => ({ scope: 'view' as const }));
  const address = scope === 'admin' ? await readAddress().catch(() => null) : null;
  useServer.setState({ scope, address });
  if (scope === 'admin') await refreshTokens();
}

export async function refreshTokens(): Promise<void> {
  try {
    useServer.setState({ tokens: await readTokens(), tokensProblem: '' });
  } catch (error) {
    useServer.setState({ tokens: null, tokensProblem: said(error) || String(error) });
  }
}

/** @throws ApiError: why there is none */
export async function giveToken(name: string, scope: ScopeName): Promise<string> {
  const { token } = await makeToken(name.trim(), scope);
  await refreshTokens();
  return token;
}

export async function takeToken(name: string): Promise<void> {
  try {
    await revokeToken(name);
    await refreshTokens();
  } catch (error) {
    useServer.setState({ tokensProblem: said(error) });
  }
}

/** Where the sessions are sent to besides their own viewers. Quietly: without it a line is shorter. */
export async function refreshOutputs(): Promise<void> {
  const { sessions, rates } = useServer.getState();
  const asked = sessions.filter(({ sessionid, peer }) => (rates[sessionid]?.outputs ?? 0) > (peer === 'none' ? 0 : 1));
  const found = await Promise.all(
    asked.map(async ({ sessionid }) => [sessionid, await readOutputs(sessionid).catch(() => [])] as const),
  );
  useServer.setState({ outputs: Object.fromEntries(found) });
}

export async function closeSession(id: number): Promise<void> {
  useServer.setState((s) => ({ closing: [...s.closing, id], closeFaults: without(s.closeFaults, id) }));
  try {
    await endSession(id);
    useServer.setState((s) => ({ sessions: s.sessions.filter(({ sessionid }) => sessionid !== id) }));
  } catch (error) {
    useServer.setState((s) => ({
      closing: s.closing.filter((one) => one !== id),
      closeFaults: { ...s.closeFaults, [id]: said(error) },
    }));
  }
}

/** Whoever takes its pictures would see it end. */
export const isWatched = ({ peer }: SessionSummary, rate: SessionRate | undefined): boolean =>
  peer === 'connected' || (rate?.outputs ?? 0) > 0;

function without<T>(record: Readonly<Record<string, T>>, key: string | number): Record<string, T> {
  const { [key]: _, ...rest } = record as Record<string, T>;
  return rest;
}
