import { say } from '../../../shared/told';
import { ProviderError, type ProviderFault } from '../provider-error';

const PROVIDER = 'edgetts';
const HOST = 'speech.platform.bing.com';
const OTHER_VOICE = 'choose another voice with --tts';
/** Sec-MS-GEC holds for five minutes and the service looks at the neighbouring ones too. */
const CLOCK_TOLERANCE_MS = 4 * 60_000;

/** An HTTP answer where a WebSocket was asked for. */
export interface Refusal {
  status: number;
  /** The service's clock and its wish, as it wrote them. */
  date?: string | undefined;
  retryAfter?: string | undefined;
}

/** How a WebSocket ended (RFC 6455 section 7.4). */
export interface Closing {
  code: number;
  reason: string;
}

const fault = (parts: Omit<ProviderFault, 'part' | 'provider'>) =>
  new ProviderError({ part: 'voice', provider: PROVIDER, ...parts });

/** The service said no, by HTTP. */
export function refusedFault({ status, date, retryAfter }: Refusal, nowMs = Date.now()): ProviderError {
  if (status === 403) {
    const offMs = date ? nowMs - Date.parse(date) : 0;
    if (Math.abs(offMs) > CLOCK_TOLERANCE_MS) {
      const minutes = Math.round(Math.abs(offMs) / 60_000);
      return fault({
        reason: say('edge.clock', { minutes, way: offMs < 0 ? 'slow' : 'fast' }),
        remedy: say('edge.do.clock'),
      });
    }
    return fault({
      reason: say('edge.refused'),
      remedy: `Check that the computer's clock and date are right: the service accepts only callers whose clock is. If they are, it does not serve this network or this version: ${OTHER_VOICE}.`,
    });
  }
  if (status < 400) {
    return fault({
      reason: say('edge.webPage', { status }),
      remedy: `Something on the network answers in its place: sign in to the network or check the proxy, or ${OTHER_VOICE}.`,
    });
  }
  const seconds = Number(retryAfter);
  return fault({
    reason: `the service answered ${status} ${status === 429 ? '(too many requests)' : ''}`.trim(),
    remedy: say('edge.do.later'),
    retrySafe: status >= 500,
    ...(retryAfter !== undefined && Number.isFinite(seconds) && { retryAfterMs: seconds * 1_000 }),
  });
}

/** No connection came about. `error` is what the network said, maybe several layers deep. */
export function unreachableFault(error: unknown): ProviderError {
  const code = networkCode(error);
  const named: Record<string, string> = {
    ENOTFOUND: say('edge.noName', { host: HOST }),
    EAI_AGAIN: say('edge.nameServer', { host: HOST }),
    ECONNREFUSED: say('voice.refused', { address: HOST }),
    ECONNRESET: say('edge.cut', { host: HOST }),
    ETIMEDOUT: say('edge.noAnswer', { host: HOST }),
    ENETUNREACH: say('edge.noInternet', { host: HOST }),
    EHOSTUNREACH: `${HOST} is out of reach`,
  };
  if (/CERT|SSL|TLS|VERIFY/.test(code)) {
    return fault({
      reason: `${HOST} could not prove who it is (${code})`,
      remedy: `Check the computer's clock and any proxy that opens encrypted connections, or ${OTHER_VOICE}.`,
      cause: error,
    });
  }
  return fault({
    reason: named[code] ?? `${HOST} cannot be reached${code ? ` (${code})` : ''}`,
    remedy: say('edge.do.internet'),
    retrySafe: ['EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET'].includes(code),
    cause: error,
  });
}

function networkCode(error: unknown): string {
  let at = error as { code?: unknown; cause?: unknown } | undefined;
  for (let depth = 0; at && depth < 5; depth++) {
    if (typeof at.code === 'string') return at.code;
    at = at.cause as typeof at;
  }
  return '';
}

/** The connection ended before the service said that the sentence did. */
export function closedFault({ code, reason }: Closing, heard: boolean, voice: string): ProviderError {
  // Seen from the real service: 1007 "Unsupported voice zh-CN-XiaochenNeural.", 1007 "SSML is invalid".
  if (code === 1007 && /unsupported voice/i.test(reason)) return unknownVoiceFault(voice);
  const why = `code ${code}${reason ? `: ${reason.slice(0, 120)}` : ''}`;
  if (code === 1007)
    return fault({
      reason: `the service does not accept the text (${why})`,
      remedy: `Say it in other words, or ${OTHER_VOICE}.`,
    });
  return fault({
    reason: heard
      ? `the sentence was cut off: the connection closed before its end (${why})`
      : `the service closed the connection before any sound (${why})`,
    remedy: `Try again; if it goes on, check the internet connection or ${OTHER_VOICE}.`,
    retrySafe: !heard,
  });
}

/** The service ended the sentence properly, and there was nothing to hear in it. */
export function silentFault(bytes: number): ProviderError {
  return fault({
    reason: bytes > 0 ? 'what the service sent is not sound' : 'the service sent no sound for the sentence',
    remedy: `Try again; if it goes on, choose another voice of the service or ${OTHER_VOICE}.`,
    // Now and then it does this to a good request and speaks the next time.
    retrySafe: true,
  });
}

export function unknownVoiceFault(voice: string, meant?: string): ProviderError {
  const name = JSON.stringify(voice.slice(0, 60));
  return fault({
    reason: `there is no Edge voice named ${name}`,
    remedy: `${meant ? `Did you mean ${meant}? ` : ''}GET /api/voices lists the names, such as zh-CN-XiaoxiaoNeural or en-US-AvaNeural.`,
    ofRequest: true,
  });
}

/** Nothing came within the time given. */
export function lateFault(deadlineMs: number): ProviderError {
  return fault({
    reason: say('edge.late', { host: HOST, seconds: deadlineMs / 1_000 }),
    remedy: say('edge.do.internet'),
  });
}

/** The list of voices is not one. */
export function listFault(cause: unknown): ProviderError {
  return fault({
    reason: 'the service sent no list of voices that can be read',
    remedy: 'Try again later; voices can still be named.',
    cause,
  });
}
