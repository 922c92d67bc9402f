/** What a scripted model server does with one request: a plain HTTP answer, or a stream of frames. */
export type Reply =
  | { status: number; headers?: Record<string, string>; body: string; waitMs?: number }
  | { frames: Frame[]; contentType?: string };

/** `waitMs` passes first. `cut` destroys the socket, `stall` goes silent for ever. */
export type Frame = { waitMs?: number } & ({ data: unknown } | { raw: string } | { cut: true } | { stall: true });

export interface AnswerTiming {
  /** Before the first token. */
  firstTokenMs?: number;
  /** Between tokens. */
  tokenMs?: number;
}

export interface AnswerOptions extends AnswerTiming {
  /** Sent before the answer as `reasoning_content`, in tokens of the same rate. */
  reasoning?: string;
  /** `null` leaves out both the finish reason and [DONE], as a connection does that was lost. */
  finish?: 'stop' | 'length' | 'content_filter' | 'tool_calls' | null;
  /** Go on after the answer's last token with this, in place of an end. */
  ending?: Frame;
}

/** Tokens as models cut them: two hanzi or about four characters. */
export const tokensOf = (text: string): string[] =>
  text.match(/[\u2e80-\u9fff\uff00-\uffef]{1,2}|[^\u2e80-\u9fff\uff00-\uffef]{1,4}/gu) ?? [];

/** One `chat.completion.chunk`. */
export const chunkOf = (delta: object, finish_reason: string | null = null): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_767_225_600,
  model: 'scripted',
  choices: [{ index: 0, delta, finish_reason }],
});

export const DONE: Frame = { raw: 'data: [DONE]\n\n' };

/** A streamed answer with realistic timing. */
export function answerOf(text: string, options: AnswerOptions = {}): Reply {
  const { firstTokenMs = 0, tokenMs = 0, reasoning = '', finish = 'stop', ending } = options;
  const deltas = [
    ...tokensOf(reasoning).map((reasoning_content) => ({ reasoning_content })),
    ...tokensOf(text).map((content) => ({ content })),
  ];
  const frames: Frame[] = [
    { data: chunkOf({ role: 'assistant', content: '' }) },
    ...deltas.map((delta, i) => ({ waitMs: i === 0 ? firstTokenMs : tokenMs, data: chunkOf(delta) })),
  ];
  if (ending) frames.push(ending);
  else if (finish) frames.push({ data: chunkOf({}, finish) }, DONE);
  return { frames };
}

/** The answer as whole pieces, cut where the test says. */
export const piecesOf = (pieces: string[], timing: AnswerTiming = {}): Reply => ({
  frames: [
    ...pieces.map((content, i) => ({
      waitMs: i === 0 ? timing.firstTokenMs : timing.tokenMs,
      data: chunkOf({ content }),
    })),
    { data: chunkOf({}, 'stop') },
    DONE,
  ],
});

/** An HTTP error as the services send it. */
export const failureOf = (
  status: number,
  { message = 'it went wrong', code = null, headers = {} }: FailureOptions = {},
): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ error: { message, type: 'error', code } }),
});
interface FailureOptions {
  message?: string;
  code?: string | null;
  headers?: Record<string, string>;
}

/** Says nothing: neither headers nor frames. */
export const silence: Reply = { frames: [{ stall: true }] };

export const stallAfter = (text: string, timing: AnswerTiming = {}): Reply =>
  answerOf(text, { ...timing, ending: { stall: true } });

/** The last frame is torn in half with the socket. */
export const cutAfter = (text: string, timing: AnswerTiming = {}): Reply => {
  const reply = answerOf(text, { ...timing, finish: null }) as { frames: Frame[] };
  return { frames: [...reply.frames, { raw: 'data: {"choices":[{"delta":{"conte' }, { cut: true, waitMs: 20 }] };
};

/** A captive portal, or a web server where the model was expected. */
export const htmlPage: Reply = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html><title>Welcome</title><p>Please log in</p>',
};

/** A service that does not stream. */
export const wholeAnswer = (content: string, finish_reason = 'stop'): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason }],
  }),
});

/** A call of a tool that nobody offered, with arguments that are not JSON. */
export const brokenToolCall = (spoken = ''): Reply => ({
  frames: [
    ...tokensOf(spoken).map((content) => ({ data: chunkOf({ content }) })),
    {
      data: chunkOf({
        tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'play_guzheng', arguments: '' } }],
      }),
    },
    { data: chunkOf({ tool_calls: [{ index: 0, function: { arguments: '{"tune": "高山' } }] }) },
    { data: chunkOf({}, 'tool_calls') },
    DONE,
  ],
});

/** An answer that calls tools as OpenAI streams it: numbered, named in the first piece, the arguments a few letters at a time. */
export const toolCalls = (spoken: string, ...calls: [name: string, args: string][]): Reply => ({
  frames: [
    ...tokensOf(spoken).map((content) => ({ data: chunkOf({ content }) })),
    ...calls.flatMap(([name, args], index) => [
      {
        data: chunkOf({
          tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name, arguments: '' } }],
        }),
      },
      ...(args.match(/.{1,3}/gsu) ?? []).map((piece) => ({
        data: chunkOf({ tool_calls: [{ index, function: { arguments: piece } }] }),
      })),
    ]),
    { data: chunkOf({}, 'tool_calls') },
    DONE,
  ],
});

/** An error in the middle of a stream that began with 200. */
export const errorFrame = (spoken: string, message: string): Reply =>
  answerOf(spoken, { ending: { data: { error: { message, type: 'server_error', code: 500 } } } });
