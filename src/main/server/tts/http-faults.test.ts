import { describe, expect, it } from 'vitest';
import { bodyMessage, HttpFaults } from './http-faults';

describe('bodyMessage', () => {
  it.each([
    ['{"error":{"message":"Incorrect key.","code":"x"}}', 'Incorrect key'],
    ['{"error":"model loading"}', 'model loading'],
    ['{"detail":"Not Found"}', 'Not Found'],
    ['{"detail":{"error":"validation_error","message":"Voice \'x\' not found"}}', "Voice 'x' not found"],
    [
      '{"detail":[{"type":"missing","loc":["body","tts_text"],"msg":"Field required"},{"loc":["body","a",0],"msg":"no"}]}',
      'tts_text: Field required; a.0: no',
    ],
    ['{"message":"tts failed","Exception":"ref.wav not exists"}', 'tts failed: ref.wav not exists'],
    [
      '{"statusCode":400,"message":"Streaming only supports WAV format","error":"Bad Request"}',
      'Streaming only supports WAV format',
    ],
    ['"Internal Server Error"', 'Internal Server Error'],
    ['Internal\n Server\tError\x07', 'Internal Server Error'],
    ['<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>', '502 Bad Gateway'],
    ['<p>no title</p>', ''],
    ['{"cut": "sho', '{"cut": "sho'],
    ['{"unknown":1}', ''],
    ['null', 'null'],
    ['', ''],
  ])('%s', (body, message) => {
    expect(bodyMessage(body)).toBe(message);
  });

  it('is never longer than 300 characters', () => {
    expect(bodyMessage(JSON.stringify({ detail: 'x'.repeat(5_000) }))).toHaveLength(300);
  });
});

describe('HttpFaults', () => {
  const faults = new HttpFaults('openai', new URL('https://lin:pass%20word@host.example/v1/'), 'key-12345', {});

  it('shows the address without what is secret in it', () => {
    expect(faults.address).toBe('https://host.example/v1');
  });

  it('repeats no key, nor what looks like one', () => {
    const said = 'Bad key key-12345, or sk-abc***xyz9, password pass%20word';
    const { message } = faults.status(400, {}, said);
    expect(message).not.toMatch(/key-12345|abc|xyz9|pass%20word/);
    expect(message).toContain('Bad key ***, or sk-***');
  });

  it('tells an account that is used up from one that is asked too often', () => {
    expect(faults.status(429, {}, 'You exceeded your current quota.').reason).toContain('no credit left');
    for (const said of ['quota exceeded: concurrency', 'Throttling.RateQuota', 'rate limit of your billing plan']) {
      expect(faults.status(429, {}, said).reason).toContain('asked too often');
    }
  });

  it('reads Retry-After as seconds and as a date', () => {
    expect(faults.status(429, { 'retry-after': '1.5' }, '').retryAfterMs).toBe(1_500);
    const at = new Date(Date.now() + 60_000).toUTCString();
    const inMs = faults.status(503, { 'retry-after': at }, '').retryAfterMs!;
    expect(inMs).toBeGreaterThan(50_000);
    expect(inMs).toBeLessThanOrEqual(60_000);
    expect(faults.status(503, { 'retry-after': 'soon' }, '').retryAfterMs).toBeUndefined();
    expect(faults.status(503, { 'retry-after': new Date(0).toUTCString() }, '').retryAfterMs).toBe(0);
  });

  it.each([
    ['ECONNREFUSED', 'refused the connection', true],
    ['ECONNRESET', 'closed the connection', true],
    ['ENOTFOUND', 'cannot be found', false],
    ['EHOSTUNREACH', 'cannot be reached', false],
    ['CERT_HAS_EXPIRED', 'no secure connection', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'no secure connection', false],
    ['HPE_INVALID_CONSTANT', 'does not speak HTTP', false],
    ['ESOMETHING', 'could not be reached (ESOMETHING)', false],
  ])('%s', (code, reason, retrySafe) => {
    const error = Object.assign(new Error('x'), { code });
    expect(faults.connection(error).reason).toContain(reason);
    expect(faults.connection(error).retrySafe).toBe(retrySafe);
    // Node's report about a name with several addresses.
    expect(faults.connection(new AggregateError([error, error])).reason).toContain(reason);
  });
});
