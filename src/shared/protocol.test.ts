import { describe, expect, it } from 'vitest';
import { avatarName, controlBodies, offerBody, sessionEvent, sessionId } from './protocol';

describe('sessionid', () => {
  it.each([
    [123456, 123456],
    ['123456', 123456],
    [' 7 ', 7],
    [0, 0],
    ['-1', -1],
  ])('reads %j', (given, expected) => expect(sessionId.parse(given)).toBe(expected));
  it.each([null, true, '', 'abc', '1e3', '0x10', '1.5', 1.5, Number.NaN, {}, ['1'], '9'.repeat(30)])(
    'refuses %j',
    (given) => {
      expect(sessionId.safeParse(given).success).toBe(false);
    },
  );
  it('may be missing only in push modes', () => {
    expect(controlBodies({ push: false }).session.safeParse({}).success).toBe(false);
    expect(controlBodies({ push: true }).session.parse({})).toEqual({ sessionid: 0 });
    expect(controlBodies({ push: true }).session.parse({ sessionid: '3' })).toEqual({ sessionid: 3 });
  });
});

it('never lets an avatar name be a path', () => {
  for (const name of ['../x', '..', 'a/b', 'a\\b', '/a', '.a', 'a.', 'a ', ' a', '', 'a\nb', 'a:b', '%2e%2e']) {
    expect(avatarName.safeParse(name).success, JSON.stringify(name)).toBe(false);
  }
  for (const name of ['a', 'wav2lip256_avatar1', '主播 一号', 'v1.2-b'])
    expect(avatarName.safeParse(name).success, name).toBe(true);
});

it('drops unknown keys and reads empty ones as absent', () => {
  expect(offerBody.parse({ sdp: 'v=0', type: 'offer', avatar: '', reftext: null, other: 1 })).toEqual({
    sdp: 'v=0',
    type: 'offer',
    visemes: false,
  });
});

it('describes events', () => {
  expect(sessionEvent.safeParse({ status: 'end', text: 'x', turn: 1, interrupted: true, playedMs: 40 }).success).toBe(
    true,
  );
  expect(sessionEvent.safeParse({ status: 'start', text: 'x' }).success).toBe(false);
});
