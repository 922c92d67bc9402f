/**
 * What one job of a voice has made and nobody has taken yet: filled by the messages of its process or worker, emptied in order by
 * whoever listens. Bounded by the length of the job's text.
 */
export class Parts<T> {
  private parts: T[] = [];
  private error: Error | undefined;
  private over = false;
  private wake: () => void = () => {};

  /** Nothing more is taken: all is made, it failed, or nobody listens any more. */
  get ended(): boolean {
    return this.over;
  }

  add(part: T): void {
    if (this.over) return;
    this.parts.push(part);
    this.wake();
  }

  /** What has been added before it is still taken; an error comes after that. */
  end(error?: Error): void {
    if (this.over) return;
    this.over = true;
    this.error = error;
    this.wake();
  }

  /**
   * In order, each as it comes; for one listener, which may stop early. Whoever fills it guarantees an end.
   * @throws the signal's reason; the error it ended with
   */
  async *take(signal: AbortSignal): AsyncGenerator<T> {
    const onAbort = () => this.wake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      for (;;) {
        signal.throwIfAborted();
        const part = this.parts.shift();
        if (part !== undefined) yield part;
        else if (this.error) throw this.error;
        else if (this.over) return;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.parts = [];
    }
  }
}
