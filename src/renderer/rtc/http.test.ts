import { describe, expect, it } from 'vitest';
import { type ApiError, authorisation, readReply, withToken } from './http';

const failure = (status: number, body: string, retryAfter: string | null = null): ApiError => {
  try {
    readReply(status, body, retryAfter);
  } catch (error) {
    return error as ApiError;
  }
  throw new Error('should have thrown');
};

describe('readReply', () => {
  it('passes a good reply through, with or without a code', () => {
    expect(readReply(200, '{"code":0,"msg":"ok"}', null)).toEqual({ code: 0, msg: 'ok' });
    expect(readReply(200, '{"sdp":"v=0","type":"answer","sessionid":123456}', null)).toMatchObject({
      sessionid: 123456,
    });
  });

  it('tells a documented refusal by its code', () => {
    expect(failure(200, '{"code":-1,"msg":"Session not found"}')).toMatchObject({
      status: 200,
      message: 'Session not found',
    });
  });

  it('finds the reason of a refused upload in data', () => {
    expect(failure(200, '{"code":-1,"msg":"err","data":"not an audio file"}').message).toBe('not an audio file');
  });

  it('keeps the status and Retry-After of a full server', () => {
    const error = failure(503, '{"code":-1,"msg":"max session reached (1/1)"}', '3');
    expect(error).toMatchObject({ status: 503, retryAfterS: 3, message: 'max session reached (1/1)' });
  });

  it('survives pages that are not JSON', () => {
    expect(failure(502, '<html>Bad gateway</html>')).toMatchObject({ status: 502, message: '' });
    expect(failure(200, 'hello')).toMatchObject({ status: 200, message: '' });
    expect(failure(200, 'null')).toMatchObject({ status: 200, message: '' });
  });
});

describe('token', () => {
  it('goes into the header, or the query where headers cannot be set', () => {
    expect(authorisation('a b')).toEqual({ authorization: 'Bearer a b' });
    expect(authorisation(null)).toEqual({});
    expect(withToken('/sse?sessionid=1', 'a b')).toBe('/sse?sessionid=1&token=a%20b');
    expect(withToken('/x', 't')).toBe('/x?token=t');
    expect(withToken('/x', null)).toBe('/x');
  });
});
