import type { OutputView, SessionSummary, TurnLatency } from '../../shared/protocol';
import type {
  LoadFigures,
  LogPage,
  ScopeName,
  ServerAddress,
  TokensPage,
  TokenView,
} from '../../shared/server-protocol';
import type { Told } from '../../shared/told';
import { request } from './http';

interface EngineStatus {
  engine: string;
  state: 'ready' | 'unknown' | 'failing';
  problem?: string;
  told?: Told;
  toldRemedy?: Told;
}

/** What /api/health says, as far as the panel shows it: the page comes from the very server that it asks. */
export interface Health {
  status: 'ok' | 'degraded' | 'failing' | 'draining';
  reasons: string[];
  toldReasons?: (Told | null)[];
  version: string;
  platform: string;
  uptimeS: number;
  encoders: { video: string[]; audio: string[] };
  voice: { engine: string; engines: EngineStatus[] };
  chat: { model: string | null; problem?: string; told?: Told };
  /** kind of turn -> milestone -> percentiles in ms */
  latencyMs: Record<string, Partial<Record<keyof TurnLatency, Percentiles>>>;
  mouth: {
    model: string;
    provider: string;
    providers?: { name: string; chosen: boolean; pictureMs?: number; reason: string; told?: Told }[];
    mode?: string;
    modeReason?: string;
    toldModeReason?: Told;
    warmPictureMs: number;
    recentPictureMs?: number;
    state: 'starting' | 'ready' | 'restarting' | 'failed';
    restarts: number;
    instead?: { model: string; why: string; told?: Told; loading: boolean };
  };
  sessionFigures: Record<string, Record<string, number>>;
  load: LoadFigures;
}

export interface Percentiles {
  p50: number;
  p95: number;
  count: number;
}

const dataOf = async <T>(path: string): Promise<T> => (await request<{ data: T }>('GET', path)).data;

export const readHealth = () => dataOf<Health>('/api/health');
export const readSessions = async () => (await dataOf<{ sessions: SessionSummary[] }>('/api/admin/sessions')).sessions;
export const readOutputs = async (id: number) =>
  (await dataOf<{ outputs: OutputView[] }>(`/api/sessions/${id}/outputs`)).outputs;
export const readAddress = () => dataOf<ServerAddress>('/api/admin/server');
export const readAccess = () => dataOf<{ scope: ScopeName; token?: string }>('/api/access');
export const readTokens = () => dataOf<TokensPage>('/api/tokens');
export const readDiagnostics = () => dataOf<Record<string, unknown>>('/api/diagnostics');

export const readLog = (after: string | null, limit: number) =>
  dataOf<LogPage>(`/api/logs?limit=${limit}${after === null ? '' : `&after=${encodeURIComponent(after)}`}`);

export const endSession = (id: number) => request('POST', `/api/sessions/${id}/close`);

export const makeToken = async (name: string, scope: ScopeName) =>
  (await request<{ data: TokenView & { token: string } }>('POST', '/api/tokens', { body: { name, scope } })).data;

export const revokeToken = (name: string) => request('DELETE', `/api/tokens/${encodeURIComponent(name)}`);
