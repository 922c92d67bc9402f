import { describe, expect, it } from 'vitest';
import { closedFault, refusedFault, unknownVoiceFault, unreachableFault } from './edge-faults';

/** As the library wraps it, and as Node gives it where it tried IPv6 and IPv4. */
const wrapped = (code: string) =>
  new Error('Edge TTS WebSocket error', { cause: Object.assign(new AggregateError([]), { code }) });

describe('what the network says', () => {
  it.each([
    ['ENOTFOUND', /no internet connection or no name server/, false],
    ['EAI_AGAIN', /name server does not answer/, true],
    ['ECONNREFUSED', /refused the connection/, true],
    ['ECONNRESET', /was cut/, true],
    ['ETIMEDOUT', /does not answer/, false],
    ['ENETUNREACH', /no way to the internet/, false],
    ['CERT_HAS_EXPIRED', /could not prove who it is \(CERT_HAS_EXPIRED\)/, false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /could not prove who it is/, false],
    ['ESOMETHING', /cannot be reached \(ESOMETHING\)/, false],
  ])('%s', (code, reason, retrySafe) => {
    const fault = unreachableFault(wrapped(code));
    expect(fault.reason).toMatch(reason);
    expect(fault.remedy).toMatch(/--tts\.$/);
    expect(fault.retrySafe).toBe(retrySafe);
  });

  it('is told also when it has no code', () => {
    expect(unreachableFault(new Error('odd')).reason).toBe('speech.platform.bing.com cannot be reached');
    expect(unreachableFault(undefined).reason).toBe('speech.platform.bing.com cannot be reached');
  });
});

describe('an answer by HTTP', () => {
  const nowMs = Date.parse('2026-05-01T12:00:00Z');

  it('passes on how long the service wants to be left alone', () => {
    expect(refusedFault({ status: 429, retryAfter: '30' })).toMatchObject({ retryAfterMs: 30_000, retrySafe: false });
    expect(refusedFault({ status: 503, retryAfter: 'Fri, 01 May 2026 12:00:30 GMT' }).retryAfterMs).toBeUndefined();
  });

  it.each([
    ['Fri, 01 May 2026 12:03:00 GMT', 'the service refused this computer (403)'],
    ['Fri, 01 May 2026 12:30:00 GMT', 'the service refused this computer (403): its clock is 30 minutes slow'],
    ['Fri, 01 May 2026 11:50:00 GMT', 'the service refused this computer (403): its clock is 10 minutes fast'],
    ['yesterday', 'the service refused this computer (403)'],
  ])('403 at %s of its clock', (date, reason) => {
    expect(refusedFault({ status: 403, date }, nowMs).reason).toBe(reason);
  });
});

describe('a connection that closes', () => {
  it('after a refused text says so, and asking again is no use', () => {
    const fault = closedFault({ code: 1007, reason: 'SSML is invalid' }, false, 'zh-CN-XiaoxiaoNeural');
    expect(fault.reason).toBe('the service does not accept the text (code 1007: SSML is invalid)');
    expect(fault.retrySafe).toBe(false);
  });

  it('over the name of a voice is the fault of that one request, not of the service', () => {
    const unsupported = closedFault(
      { code: 1007, reason: 'Unsupported voice zh-CN-NobodyNeural.' },
      false,
      'zh-CN-NobodyNeural',
    );
    for (const fault of [unsupported, unknownVoiceFault('nobody')]) {
      expect(fault.reason).toContain('there is no Edge voice named');
      expect(fault).toMatchObject({ ofRequest: true, retrySafe: false });
    }
    expect(closedFault({ code: 1011, reason: '' }, false, 'x').ofRequest).toBe(false);
  });

  it('is worth a second try only while nothing has been heard', () => {
    expect(closedFault({ code: 1006, reason: '' }, false, 'x').retrySafe).toBe(true);
    expect(closedFault({ code: 1006, reason: '' }, true, 'x').retrySafe).toBe(false);
  });
});
