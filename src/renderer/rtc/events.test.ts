import { describe, expect, it } from 'vitest';
import { parseEvent } from './events';

describe('parseEvent', () => {
  it('reads events and ignores the rest', () => {
    expect(parseEvent('{"status":"start","text":"Hi","turn":1}')).toEqual({ status: 'start', text: 'Hi', turn: 1 });
    for (const other of ['', 'ping', 'null', '7', '{}', '{"status":3}', '{"status":'])
      expect(parseEvent(other)).toBeNull();
  });
});
