/** Requests for mouth coefficients that the inference process has not answered. Each ends once: answered, late, aborted or lost. */
export class CoefficientCalls {
  private readonly calls = new Map<
    number,
    { resolve: (values?: Float32Array) => void; reject: (error: Error) => void }
  >();

  constructor(private readonly deadlineMs: number) {}

  /** Not answered yet. */
  get size(): number {
    return this.calls.size;
  }

  /** Resolves `undefined` after the deadline, an abort, or the end of the process. */
  expect(id: number, signal: AbortSignal): Promise<Float32Array | undefined> {
    return new Promise((resolve, reject) => {
      const ended = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.calls.delete(id);
      };
      const giveUp = () => {
        ended();
        resolve(undefined);
      };
      const timer = setTimeout(giveUp, this.deadlineMs);
      signal.addEventListener('abort', giveUp, { once: true });
      this.calls.set(id, {
        resolve: (values) => {
          ended();
          resolve(values);
        },
        reject: (error) => {
          ended();
          reject(error);
        },
      });
    });
  }

  answer(id: number, values: Float32Array): void {
    this.calls.get(id)?.resolve(values);
  }

  /** @returns whether it was one of these */
  fail(id: number, message: string): boolean {
    const call = this.calls.get(id);
    call?.reject(new Error(message));
    return call !== undefined;
  }

  loseAll(): void {
    for (const call of [...this.calls.values()]) call.resolve();
  }
}
