import { say } from '../../../shared/told';
import type { Conversation } from '../llm/history';
import type { Llm, LlmOptions, Tool } from '../llm/llm';
import { matchRule, type Rule } from '../llm/rules';
import { ProviderError } from '../provider-error';
import { speakable } from '../text/speakable';
import { runAhead } from './ahead';
import { audiotypeOf, type Performable, stageDirections } from './stage-directions';
import type { Turn } from './turn';
import type { Words } from './words';

/** What answers questions; one for the server. */
export interface ChatServices {
  /** Undefined where no model is configured: then `problem` says what to do. */
  llm?: Llm;
  problem?: string;
  rules: readonly Rule[];
  /** Whether the model may start performances and switch modes. Default: yes. */
  tools?: boolean;
  /** A rule whose pattern takes too long on some text. */
  onSlowRule?(rule: Rule): void;
  newConversation(): Conversation;
}

export interface DialogueHooks {
  /** A piece of the answer, as the model wrote it; `done` with the last one, which is empty. */
  onAnswer(turn: Turn, delta: string, done: boolean): void;
  onFault(turn: Turn, fault: ProviderError): void;
}

/** More than this is never read ahead; answers end before it (MAX_TEXT_CHARACTERS). */
const MAX_AHEAD_CHARACTERS = 32_000;

/** What one session is asked and answers: rules first, then the model, which is told what was said so far. */
export class Dialogue {
  private readonly conversation: Conversation;
  private readonly answers = new WeakMap<Turn, Answer>();

  constructor(
    private readonly services: ChatServices,
    private readonly hooks: DialogueHooks,
    /** What the presenter can perform now. */
    private readonly performances: () => readonly Performable[] = () => [],
  ) {
    this.conversation = services.newConversation();
  }

  /** Why a question could not be answered at all, or undefined. */
  get problem(): string | undefined {
    return this.services.llm || this.services.rules.length > 0 ? undefined : this.services.problem;
  }

  answer(turn: Turn): Words {
    const tools = this.services.tools === false ? [] : stageDirections(this.performances());
    const answer = new Answer(turn, this.services, this.conversation, this.hooks, tools);
    this.answers.set(turn, answer);
    return answer;
  }

  /** To be called once the turn has ended. Returns the mode that a rule or the model asked for, unless it was interrupted. */
  ended(turn: Turn): number | undefined {
    const answer = this.answers.get(turn);
    if (!answer) return undefined;
    // A viewer who cut it short heard no more than this, so the model should not think that it was understood.
    const said = turn.interrupted ? turn.heard.join(' ') : answer.text;
    this.conversation.answered(turn.source.text, said, { interrupted: turn.interrupted });
    return turn.interrupted ? undefined : answer.audiotype;
  }
}

/** One answer while it is being read. */
class Answer implements Words {
  readonly pieces: AsyncIterable<string>;
  explained = false;
  /** As the model wrote it, Markdown and all. */
  text = '';
  audiotype: number | undefined;

  constructor(
    private readonly turn: Turn,
    private readonly services: ChatServices,
    private readonly conversation: Conversation,
    private readonly hooks: DialogueHooks,
    private readonly tools: readonly Tool[],
  ) {
    const { signal } = turn;
    this.pieces = speakable(
      runAhead(this.read(), { weigh: (piece) => piece.length, most: MAX_AHEAD_CHARACTERS, signal }),
    );
  }

  private async *read(): AsyncGenerator<string> {
    const { turn, services, hooks } = this;
    const question = turn.source.text;
    const rule = matchRule(services.rules, question, services.onSlowRule);
    try {
      if (rule) {
        this.audiotype = rule.audiotype;
        if (rule.say) yield this.note(rule.say);
        else this.explained = true;
        return;
      }
      if (!services.llm) throw noModel(services.problem);
      for await (const piece of services.llm.stream(this.conversation.messagesFor(question), this.options())) {
        turn.clock.mark('firstTokenMs');
        yield this.note(piece);
      }
      // It acts without a word.
      if (this.audiotype !== undefined && this.text === '') this.explained = true;
    } catch (error) {
      if (turn.signal.aborted) return;
      if (!(error instanceof ProviderError)) throw error;
      // What came before the fault is still spoken.
      this.explained = true;
      hooks.onFault(turn, error);
    } finally {
      if (!turn.ended) hooks.onAnswer(turn, '', true);
    }
  }

  private options(): LlmOptions {
    const { tools } = this;
    const { signal } = this.turn;
    if (tools.length === 0) return { signal };
    return { signal, tools, onToolCall: (call) => (this.audiotype = audiotypeOf(call) ?? this.audiotype) };
  }

  private note(piece: string): string {
    this.text += piece;
    this.hooks.onAnswer(this.turn, piece, false);
    return piece;
  }
}

function noModel(problem = 'No language model is configured'): ProviderError {
  return new ProviderError({
    part: 'llm',
    provider: 'chat',
    reason: say('llm.none'),
    remedy: problem,
  });
}
