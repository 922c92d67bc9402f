import { ProviderError } from '../provider-error';
import { formBody, type VoiceHttp } from './http-audio';
import { CutOff } from './http-faults';
import { jsonEntries } from './json-entries';
import type { Recording } from './reference';

/** A speaker of XTTS as the server describes it, a JSON object of two tables of numbers: about 0.6 MB of text. */
export type SpeakerJson = string;

const MAX_SPEAKER_BYTES = 8 << 20;
/** 58 speakers come to 35 MB; fine-tuned models have fewer. */
const MAX_LIST_BYTES = 256 << 20;
const MAX_CACHED = 8;
/** Computing a speaker takes seconds on a GPU, and half a minute on a CPU. */
const CLONE_DEADLINE_MS = 90_000;
const NAMES_IN_MESSAGE = 8;

/**
 * Speakers of one XTTS server, each asked for once: cloned from a recording, or built in. A job goes on when the sentence
 * that began it is interrupted, since the next one will want its result; failures are not kept.
 */
export class XttsSpeakers {
  readonly #http: VoiceHttp;
  readonly #jobs = new Map<string, Promise<SpeakerJson>>();
  readonly #closing = new AbortController();
  #names: string[] | undefined;

  constructor(http: VoiceHttp) {
    this.#http = http;
  }

  /** The speaker of a recording. @throws ProviderError; the signal's reason */
  clone(recording: Recording, signal: AbortSignal): Promise<SpeakerJson> {
    return this.#once(`clone ${recording.key}`, (jobSignal) => this.#clone(recording, jobSignal), signal);
  }

  /** A built-in speaker; the first one where no name is given. @throws ProviderError; the signal's reason */
  studio(name: string | undefined, signal: AbortSignal): Promise<SpeakerJson> {
    return this.#once(`studio ${name ?? ''}`, (jobSignal) => this.#studio(name, jobSignal), signal);
  }

  /** Names of the built-in speakers. @throws ProviderError; the signal's reason */
  async names(signal: AbortSignal): Promise<string[]> {
    if (this.#names === undefined) {
      const names: string[] = [];
      await this.#walk(
        () => false,
        signal,
        ({ key }) => {
          names.push(key);
          return false;
        },
      );
      this.#names = names;
    }
    return this.#names;
  }

  close(): void {
    this.#closing.abort(new Error('the voice was closed'));
    this.#jobs.clear();
  }

  async #clone({ bytes }: Recording, signal: AbortSignal): Promise<SpeakerJson> {
    const form = new FormData();
    form.set('wav_file', new File([bytes], 'reference.wav', { type: 'audio/wav' }));
    const { headers, body } = await formBody(form);
    const answer = await this.#http.ask({ method: 'POST', path: '/clone_speaker', headers, body, signal });
    const text = (await this.#http.text(answer, MAX_SPEAKER_BYTES)).trim();
    if (!isFilledObject(text)) throw this.#http.faults.notJson(text, undefined);
    return text;
  }

  async #studio(name: string | undefined, signal: AbortSignal): Promise<SpeakerJson> {
    const wanted = name?.toLowerCase();
    const names: string[] = [];
    let found: SpeakerJson | undefined;
    // Ends at the one that is wanted: the list is long.
    await this.#walk(
      (key) => wanted === undefined || key.toLowerCase() === wanted,
      signal,
      ({ key, json }) => {
        names.push(key);
        found = json;
        return json !== undefined;
      },
    );
    if (found !== undefined && isFilledObject(found)) return found;
    if (names.length === 0) {
      throw this.#http.faults.make(
        `${this.#http.faults.address} has no built-in speakers`,
        'Set --REF_FILE to a recording of the voice that it is to copy.',
      );
    }
    const some = names.slice(0, NAMES_IN_MESSAGE).join(', ');
    throw this.#http.faults.make(
      `${this.#http.faults.address} has no speaker "${(name ?? '').slice(0, 60)}"`,
      `Choose one of its ${names.length} voices, e.g. ${some}.`,
      { ofRequest: true },
    );
  }

  /** Visits the entries of /studio_speakers until `visit` is satisfied. */
  async #walk(
    want: (key: string) => boolean,
    signal: AbortSignal,
    visit: (entry: { key: string; json: string | undefined }) => boolean,
  ): Promise<void> {
    const answer = await this.#http.ask({ method: 'GET', path: '/studio_speakers', signal });
    try {
      const bytes = bounded(answer.bytes(), () => this.#http.faults.tooLong(MAX_LIST_BYTES));
      for await (const entry of jsonEntries(bytes, want, MAX_SPEAKER_BYTES)) {
        if (visit(entry)) return;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CutOff) throw this.#http.faults.cutOff(0, error);
      if (error instanceof SyntaxError) throw this.#http.faults.notJson('', error);
      throw error;
    } finally {
      answer.cancel();
    }
  }

  #once(key: string, start: (signal: AbortSignal) => Promise<SpeakerJson>, signal: AbortSignal): Promise<SpeakerJson> {
    let job = this.#jobs.get(key);
    if (job === undefined) {
      const deadline = AbortSignal.timeout(CLONE_DEADLINE_MS);
      job = start(AbortSignal.any([this.#closing.signal, deadline])).catch((error: unknown) => {
        this.#jobs.delete(key);
        throw error instanceof ProviderError || !deadline.aborted
          ? error
          : this.#http.faults.make(
              `${this.#http.faults.address} did not describe the speaker within ${CLONE_DEADLINE_MS / 1_000} s`,
              "Look at the XTTS server's own log.",
              { cause: error },
            );
      });
      // Whoever waits for it hears of its failure; nobody may be left to.
      job.catch(() => {});
      this.#jobs.set(key, job);
      if (this.#jobs.size > MAX_CACHED) this.#jobs.delete(this.#jobs.keys().next().value!);
    }
    return untilAborted(job, signal);
  }
}

async function* bounded(bytes: AsyncIterable<Buffer>, tooLong: () => Error): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const part of bytes) {
    length += part.length;
    if (length > MAX_LIST_BYTES) throw tooLong();
    yield part;
  }
}

function isFilledObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
  } catch {
    return false;
  }
}

/** The job's result, or the signal's reason, whichever comes first; the job itself goes on. */
function untilAborted<T>(job: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    job.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
