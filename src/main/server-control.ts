import type { RunningServer } from './server/start';

export type ServerState =
  | { kind: 'stopped' }
  | { kind: 'starting' }
  | { kind: 'running'; url: string }
  | { kind: 'stopping' };

/** Starts and stops the server while the app lives: from the tray, or so that settings take effect that wait for a start. */
export class ServerControl {
  #state: ServerState = { kind: 'stopped' };
  #server: RunningServer | undefined;
  #listeners: ((state: ServerState) => void)[] = [];
  /** One step at a time: a start that is asked for while it stops comes after. */
  #queue: Promise<unknown> = Promise.resolve();
  #ended = false;

  /** @param launch is told the port of the server before, so that pages and clients find the next one */
  constructor(private readonly launch: (port: number | undefined) => Promise<RunningServer>) {}

  get state(): ServerState {
    return this.#state;
  }

  /** The last one that ran: its address stays, also while it is stopped. */
  get server(): RunningServer | undefined {
    return this.#server;
  }

  onChange(listener: (state: ServerState) => void): void {
    this.#listeners.push(listener);
  }

  /** @throws what keeps the server from starting */
  start(): Promise<void> {
    return this.#then(() => this.#start());
  }

  stop(): Promise<void> {
    return this.#then(() => this.#stop());
  }

  restart(): Promise<void> {
    return this.#then(async () => {
      await this.#stop();
      await this.#start();
    });
  }

  /** For good. */
  end(): Promise<void> {
    this.#ended = true;
    return this.#then(() => this.#stop());
  }

  async #start(): Promise<void> {
    if (this.#state.kind === 'running' || this.#ended) return;
    this.#show({ kind: 'starting' });
    try {
      this.#server = await this.launch(this.#server?.port);
    } catch (error) {
      this.#show({ kind: 'stopped' });
      throw error;
    }
    this.#show({ kind: 'running', url: this.#server.url });
  }

  async #stop(): Promise<void> {
    if (this.#state.kind !== 'running') return;
    this.#show({ kind: 'stopping' });
    try {
      await this.#server?.close();
    } finally {
      this.#show({ kind: 'stopped' });
    }
  }

  #then(step: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(step);
    this.#queue = done.catch(() => {});
    return done;
  }

  #show(state: ServerState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
