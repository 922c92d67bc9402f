import { describe, expect, it } from 'vitest';
import { asFunction, readCalls } from '../llm/tools';
import { audiotypeOf, stageDirections } from './stage-directions';

const tools = stageDirections([
  { audiotype: 2, name: '弹古筝' },
  { audiotype: 7, name: 'A dance\n  of swords' },
]);

const asked = (name: string, args: string) => {
  const calls = readCalls([{ name, args }], tools);
  return 'problem' in calls ? calls.problem : calls.map(audiotypeOf);
};

describe('stage directions', () => {
  it('name the performances, and allow no other number', () => {
    const [perform, setMode] = tools.map(asFunction).map((tool) => tool.function);
    expect(perform!.description).toContain('2 = 弹古筝; 7 = A dance of swords.');
    expect(perform!.parameters).toMatchObject({ properties: { audiotype: { enum: [2, 7] } }, required: ['audiotype'] });
    expect(setMode!.parameters).toMatchObject({
      properties: { mode: { enum: ['live', 'still'] } },
      required: ['mode'],
    });
  });

  it.each([
    ['perform', '{"audiotype":7}', [7]],
    ['perform', '{"audiotype":"2"}', [2]],
    ['set_mode', '{"mode":"live"}', [0]],
    ['set_mode', '{"mode":"still"}', [1]],
  ])('%s(%s)', (name, args, audiotype) => {
    expect(asked(name, args)).toEqual(audiotype);
  });

  it.each([
    ['perform', '{"audiotype":0}'],
    ['perform', '{"audiotype":"all"}'],
    ['perform', '[]'],
    ['perform', ''],
    ['set_mode', '{"mode":"asleep"}'],
  ])('%s(%s) is refused', (name, args) => {
    expect(asked(name, args)).toBe(`called the tool ${name} with arguments that it does not take`);
  });

  it('are none where there is nothing to perform', () => {
    expect(stageDirections([])).toEqual([]);
    expect(stageDirections([{ audiotype: 1, name: 'Still' }])).toEqual([]);
  });
});
