import { create } from 'zustand';
import type { OutputView } from '../../../shared/protocol';
import { addOutput, type NewOutput, removeOutput } from '../../rtc/outputs';
import { readOutputs } from '../../rtc/server';
import { explain } from '../../store/toasts';

export interface OutputsState {
  /** Whose outputs these are. */
  sessionId: number | null;
  /** Null until the server has told. */
  list: readonly OutputView[] | null;
  problem: string;
  /** On their way out, and why one did not go. */
  removing: readonly string[];
  removeFaults: Readonly<Record<string, string>>;
}

const nothing: OutputsState = { sessionId: null, list: null, problem: '', removing: [], removeFaults: {} };

export const useOutputs = create<OutputsState>(() => nothing);

/** Asked once a second while somebody looks. */
export async function refreshOutputsOf(sessionId: number): Promise<void> {
  if (useOutputs.getState().sessionId !== sessionId) useOutputs.setState({ ...nothing, sessionId });
  try {
    const list = await readOutputs(sessionId);
    tell(sessionId, ({ removing }) => ({
      list,
      problem: '',
      removing: removing.filter((id) => list.some((one) => one.id === id)),
    }));
  } catch (error) {
    tell(sessionId, () => ({ problem: explain(error) }));
  }
}

/** @throws ApiError: why it is sent nowhere */
export async function send(sessionId: number, wanted: NewOutput): Promise<void> {
  const added = await addOutput(sessionId, wanted);
  tell(sessionId, ({ list }) => ({ list: [...(list ?? []).filter(({ id }) => id !== added.id), added] }));
}

export async function remove(sessionId: number, id: string): Promise<void> {
  tell(sessionId, ({ removing, removeFaults }) => ({
    removing: [...removing, id],
    removeFaults: { ...removeFaults, [id]: '' },
  }));
  try {
    await removeOutput(sessionId, id);
    tell(sessionId, ({ list }) => ({ list: (list ?? []).filter((one) => one.id !== id) }));
  } catch (error) {
    tell(sessionId, ({ removing, removeFaults }) => ({
      removing: removing.filter((one) => one !== id),
      removeFaults: { ...removeFaults, [id]: explain(error) },
    }));
  }
}

/** An answer about a session that is not looked at any more changes nothing. */
function tell(sessionId: number, change: (state: OutputsState) => Partial<OutputsState>): void {
  useOutputs.setState((state) => (state.sessionId === sessionId ? change(state) : {}));
}
