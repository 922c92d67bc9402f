import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  answerOf,
  failureOf,
  type LlmServer,
  type LlmServerOptions,
  silence,
  stallAfter,
  startLlmServer,
} from '../../../../testing/llm-server';
import { defaultSettings, type Settings } from '../../../shared/settings';
import { ProviderError, type ProviderFault } from '../provider-error';
import { createLlm } from './create';
import { NoAnswerError } from './faults';
import { type GuardClock, GuardedLlm } from './guarded';
import type { ChatMessage, Llm, LlmOptions } from './llm';

const QUESTION: ChatMessage[] = [{ role: 'user', content: 'Who are you?' }];

/** Time that passes when the test says so. */
class HandClock implements GuardClock {
  #nowMs = 0;
  readonly #timers = new Set<{ dueMs: number; run: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets everything that is due happen, and what follows from it. */
  async pass(ms: number): Promise<void> {
    await settled();
    this.#nowMs += ms;
    for (const timer of [...this.#timers].filter(({ dueMs }) => dueMs <= this.#nowMs)) {
      this.#timers.delete(timer);
      timer.run();
    }
    await settled();
  }
}

const settled = async () => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** A model that does, step by step, what the test says. */
class HandLlm implements Llm {
  readonly name = 'hand at test';
  readonly calls: { signal: AbortSignal; activity(): void; say(piece: string): void; end(error?: unknown): void }[] =
    [];
  heedsSignal = true;

  async *stream(_messages: readonly ChatMessage[], { signal, onActivity }: LlmOptions): AsyncGenerator<string> {
    const queue: (string | { error?: unknown })[] = [];
    let wake = () => {};
    const push = (item: (typeof queue)[number]) => {
      queue.push(item);
      wake();
    };
    this.calls.push({ signal, activity: () => onActivity?.(), say: push, end: (error) => push({ error }) });
    if (this.heedsSignal) signal.addEventListener('abort', () => wake(), { once: true });
    for (;;) {
      const item = queue.shift();
      if (this.heedsSignal) signal.throwIfAborted();
      if (item === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else if (typeof item === 'string') yield item;
      else if (item.error) throw item.error;
      else return;
    }
  }

  async models(): Promise<string[]> {
    return ['one'];
  }
}

function guard() {
  const clock = new HandClock();
  const model = new HandLlm();
  return { clock, model, llm: new GuardedLlm(model, { firstTokenMs: 10_000, nextTokenMs: 5_000 }, clock) };
}

/** Asks, and takes everything as soon as it comes. */
function asked(llm: Llm, options: Partial<LlmOptions> = {}) {
  const state = { pieces: [] as string[], over: false, fault: undefined as unknown };
  void (async () => {
    try {
      for await (const piece of llm.stream(QUESTION, { signal: new AbortController().signal, ...options })) {
        state.pieces.push(piece);
      }
    } catch (error) {
      state.fault = error;
    }
    state.over = true;
  })();
  return state;
}

const fault = (more: Partial<ProviderFault> = {}) =>
  new ProviderError({ part: 'llm', provider: 'hand at test', reason: 'it broke', remedy: 'Mend it.', ...more });

describe('the deadline to the first text', () => {
  it('ends the try, and its request', async () => {
    const { clock, model, llm } = guard();
    const state = asked(llm);
    await clock.pass(9_999);
    expect(state.over).toBe(false);
    await clock.pass(1);
    expect(state).toMatchObject({ over: true, pieces: [] });
    expect(state.fault).toBeInstanceOf(NoAnswerError);
    expect(state.fault).toMatchObject({
      provider: 'hand at test',
      reason: 'it did not begin to answer within 10 s',
      remedy: expect.stringContaining('--llm_first_token_s'),
      retrySafe: false,
    });
    expect(model.calls).toHaveLength(1);
    expect(model.calls[0]!.signal.aborted).toBe(true);
    expect(clock.timers).toBe(0);
  });

  it('holds even where the model does not heed its signal', async () => {
    const { clock, model, llm } = guard();
    model.heedsSignal = false;
    const state = asked(llm);
    await clock.pass(10_000);
    expect(state.fault).toBeInstanceOf(NoAnswerError);
  });

  it('covers both tries', async () => {
    const { clock, model, llm } = guard();
    const state = asked(llm);
    await clock.pass(6_000);
    model.calls[0]!.end(fault({ retrySafe: true }));
    await settled();
    expect(model.calls).toHaveLength(2);
    await clock.pass(3_999);
    expect(state.over).toBe(false);
    await clock.pass(1);
    expect(state.fault).toMatchObject({ reason: 'it did not begin to answer within 10 s' });
  });
});

describe('the deadline between two pieces', () => {
  it('ends an answer that fell silent, after what had come', async () => {
    const { clock, model, llm } = guard();
    const state = asked(llm);
    await clock.pass(9_000);
    for (const piece of ['Good', ' mor']) {
      model.calls[0]!.say(piece);
      await clock.pass(4_999);
    }
    expect(state).toMatchObject({ pieces: ['Good', ' mor'], over: false });
    await clock.pass(1);
    expect(state.fault).toMatchObject({
      reason: 'it fell silent in mid-answer, for 5 s',
      remedy: expect.stringContaining('--llm_next_token_s'),
      retrySafe: false,
    });
    expect(model.calls[0]!.signal.aborted).toBe(true);
    // It did answer, so it is asked again at once.
    const next = asked(llm);
    await settled();
    expect(model.calls).toHaveLength(2);
    expect(next.over).toBe(false);
  });

  it('leaves out the time that the consumer takes', async () => {
    const { clock, model, llm } = guard();
    const pieces = llm.stream(QUESTION, { signal: new AbortController().signal })[Symbol.asyncIterator]();
    const first = pieces.next();
    await settled();
    model.calls[0]!.say('Good');
    expect(await first).toMatchObject({ value: 'Good' });
    await clock.pass(120_000);
    expect(clock.timers).toBe(0);
    const second = pieces.next();
    await clock.pass(4_000);
    model.calls[0]!.say(' morning');
    expect(await second).toMatchObject({ value: ' morning' });
    await pieces.return?.(undefined);
  });
});

describe('a model that reasons', () => {
  it('is alive, for as long as it does not fall silent', async () => {
    const { clock, model, llm } = guard();
    const onActivity = vi.fn();
    const state = asked(llm, { onActivity });
    await clock.pass(9_000);
    for (let i = 0; i < 6; i++) {
      model.calls[0]!.activity();
      await clock.pass(4_900);
    }
    expect(onActivity).toHaveBeenCalledTimes(6);
    expect(state.over).toBe(false);
    model.calls[0]!.say('Hello.');
    model.calls[0]!.end();
    await settled();
    expect(state).toMatchObject({ pieces: ['Hello.'], over: true, fault: undefined });
  });

  it('that falls silent is given up', async () => {
    const { clock, model, llm } = guard();
    const state = asked(llm);
    await clock.pass(9_000);
    model.calls[0]!.activity();
    await clock.pass(4_999);
    expect(state.over).toBe(false);
    await clock.pass(1);
    expect(state.fault).toMatchObject({ reason: 'it fell silent while thinking, for 5 s', retrySafe: false });
  });

  it('is given up after a minute', async () => {
    const { clock, model, llm } = guard();
    const state = asked(llm);
    await settled();
    for (let i = 0; i < 59; i++) {
      model.calls[0]!.activity();
      await clock.pass(1_000);
    }
    model.calls[0]!.activity();
    expect(state.over).toBe(false);
    await clock.pass(1_000);
    expect(state.fault).toMatchObject({
      reason: 'it was still thinking after 60 s',
      remedy: expect.stringContaining('enable_thinking'),
    });
    expect(model.calls[0]!.signal.aborted).toBe(true);
  });

  it('may do so in mid-answer too', async () => {
    const { clock, model, llm } = guard();
    const state = asked(llm);
    await settled();
    model.calls[0]!.say('Let me see.');
    await clock.pass(4_000);
    model.calls[0]!.activity();
    await clock.pass(4_000);
    model.calls[0]!.say(' Yes.');
    model.calls[0]!.end();
    await settled();
    expect(state).toMatchObject({ pieces: ['Let me see.', ' Yes.'], fault: undefined, over: true });
  });
});

describe('a second try', () => {
  it('is made once, where it is safe', async () => {
    const { model, llm } = guard();
    const state = asked(llm);
    await settled();
    model.calls[0]!.end(fault({ retrySafe: true }));
    await settled();
    const second = fault({ retrySafe: true, reason: 'it broke again' });
    model.calls[1]!.end(second);
    await settled();
    expect(model.calls).toHaveLength(2);
    expect(state.fault).toBe(second);
  });

  it.each([
    ['the fault is of the request', { retrySafe: false }, false],
    ['something has been heard', { retrySafe: true }, true],
    ['the service asks for a longer pause', { retryAfterMs: 2_001 }, false],
  ])('is not made when %s', async (_why, more, heard) => {
    const { model, llm, clock } = guard();
    const state = asked(llm);
    await settled();
    if (heard) model.calls[0]!.say('Well,');
    const error = fault(more);
    model.calls[0]!.end(error);
    await clock.pass(5_000);
    expect([state.fault, model.calls.length]).toEqual([error, 1]);
  });

  it('waits as long as the service asks for', async () => {
    const { model, llm, clock } = guard();
    const state = asked(llm);
    await settled();
    model.calls[0]!.end(fault({ retryAfterMs: 2_000 }));
    await clock.pass(1_999);
    expect(model.calls).toHaveLength(1);
    await clock.pass(1);
    expect(model.calls).toHaveLength(2);
    model.calls[1]!.say('Yes.');
    model.calls[1]!.end();
    await settled();
    expect(state).toMatchObject({ pieces: ['Yes.'], fault: undefined, over: true });
  });

  it('is not made when its pause would outlast the deadline, or the turn', async () => {
    const { model, llm, clock } = guard();
    const late = asked(llm);
    await clock.pass(9_000);
    model.calls[0]!.end(fault({ retryAfterMs: 1_000 }));
    await settled();
    expect([late.over, model.calls.length]).toEqual([true, 1]);

    const stop = new AbortController();
    const stopped = asked(llm, { signal: stop.signal });
    await settled();
    model.calls[1]!.end(fault({ retryAfterMs: 1_000 }));
    await settled();
    const reason = new Error('interrupted');
    stop.abort(reason);
    await settled();
    expect(stopped.fault).toBe(reason);
    expect([model.calls.length, clock.timers]).toEqual([2, 0]);
  });
});

describe('a service that gives no answer', () => {
  const refused = () =>
    new NoAnswerError({ part: 'llm', provider: 'hand at test', reason: 'nothing answers', remedy: 'Start it.' });

  it('rests for 30 s, in which the same fault comes at once', async () => {
    const { model, llm, clock } = guard();
    asked(llm);
    await settled();
    model.calls[0]!.end(refused());
    await clock.pass(3_500);
    const during = asked(llm);
    await settled();
    expect(during.fault).toBeInstanceOf(NoAnswerError);
    expect(during.fault).toMatchObject({
      reason: 'nothing answers',
      remedy: 'Start it. It is asked again in 27 s.',
      retryAfterMs: 26_500,
    });
    expect(model.calls).toHaveLength(1);

    await clock.pass(26_500);
    const after = asked(llm);
    await settled();
    model.calls[1]!.say('Yes.');
    model.calls[1]!.end();
    await settled();
    expect(after).toMatchObject({ pieces: ['Yes.'], fault: undefined });
  });

  it('is believed when its list of models can be read again', async () => {
    const { model, llm } = guard();
    asked(llm);
    await settled();
    model.calls[0]!.end(refused());
    await settled();
    expect(await llm.models(new AbortController().signal)).toEqual(['one']);
    asked(llm);
    await settled();
    expect(model.calls).toHaveLength(2);
  });

  it('is another thing than one that refuses, fails fast, or is interrupted', async () => {
    const { model, llm } = guard();
    for (const error of [fault(), fault({ retryAfterMs: 20_000 }), new Error('a bug')]) {
      const state = asked(llm);
      await settled();
      model.calls.at(-1)!.end(error);
      await settled();
      expect(state.fault).toBe(error);
    }
    const stop = new AbortController();
    const reason = new Error('interrupted');
    const state = asked(llm, { signal: stop.signal });
    await settled();
    stop.abort(reason);
    await settled();
    expect(state.fault).toBe(reason);
    asked(llm);
    await settled();
    expect(model.calls).toHaveLength(5);
  });
});

describe('over the wire', () => {
  const open: LlmServer[] = [];
  afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

  async function llmFor(script: LlmServerOptions['script'], more: Partial<Settings> = {}) {
    const server = await startLlmServer({ script });
    open.push(server);
    const created = createLlm({ ...defaultSettings(), llm_base_url: server.url, llm_model: 'scripted', ...more });
    if ('problem' in created) throw new Error(created.problem);
    return { server, llm: created.llm };
  }
  const finished = async (llm: Llm) => {
    const state = asked(llm);
    await vi.waitFor(() => expect(state.over).toBe(true), 20_000);
    return { text: state.pieces.join(''), fault: state.fault };
  };

  it('a 500 is followed by the answer', async () => {
    const { server, llm } = await llmFor([failureOf(500), answerOf('Yes.')]);
    expect(await finished(llm)).toEqual({ text: 'Yes.', fault: undefined });
    expect(server.requests).toHaveLength(2);
  });

  it('a short Retry-After is waited for, a long one is told', async () => {
    const wait = (seconds: string) => failureOf(429, { headers: { 'retry-after': seconds } });
    const short = await llmFor([wait('0.05'), answerOf('Yes.')]);
    expect(await finished(short.llm)).toEqual({ text: 'Yes.', fault: undefined });
    const long = await llmFor([wait('20'), answerOf('Yes.')]);
    expect((await finished(long.llm)).fault).toMatchObject({ remedy: 'Ask again in 20 s.', retryAfterMs: 20_000 });
    expect(long.server.requests).toHaveLength(1);
    // The next question is asked, not refused.
    expect((await finished(long.llm)).text).toBe('Yes.');
  });

  it('a deadline closes the socket', async () => {
    for (const [reply, text, reason] of [
      [silence, '', 'it did not begin to answer within 1 s'],
      [stallAfter('Good'), 'Good', 'it fell silent in mid-answer, for 1 s'],
    ] as const) {
      const { server, llm } = await llmFor(reply, { llm_first_token_s: 1, llm_next_token_s: 1 });
      expect(await finished(llm)).toMatchObject({ text, fault: { reason } });
      expect(await server.requests[0]!.ended).toBe('closed by client');
    }
  });

  it('a consumer that stops early closes the socket', async () => {
    const { server, llm } = await llmFor(stallAfter('Good morning'));
    for await (const _ of llm.stream(QUESTION, { signal: AbortSignal.timeout(20_000) })) break;
    expect(await server.requests[0]!.ended).toBe('closed by client');
  });

  it('no connection is told, then rests', async () => {
    const { server, llm } = await llmFor(answerOf('Yes.'));
    await server.close();
    const { fault: first } = await finished(llm);
    expect(first).toMatchObject({ reason: `nothing answers at ${new URL(server.url).origin}` });
    expect((await finished(llm)).fault).toMatchObject({
      reason: (first as ProviderError).reason,
      remedy: expect.stringMatching(/It is asked again in \d+ s\.$/),
    });
  });

  it('a model that thinks aloud outlives the deadlines', async () => {
    const thinking = answerOf('Yes.', { reasoning: 'x'.repeat(4 * 15), tokenMs: 100, firstTokenMs: 100 });
    const { llm } = await llmFor(thinking, { llm_first_token_s: 1, llm_next_token_s: 1 });
    expect(await finished(llm)).toEqual({ text: 'Yes.', fault: undefined });
  });

  it('needs a model to be configured', () => {
    expect(createLlm(defaultSettings())).toEqual({ problem: expect.stringContaining('DASHSCOPE_API_KEY') });
  });
});
