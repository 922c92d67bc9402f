import { describe, expect, it } from 'vitest';
import { JOB_ID, JobQueue, type JobTools } from './job-queue';

const options = { maxOpen: 3, maxEnded: 2, noun: 'things' };
const untilStopped = ({ signal }: JobTools) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a queue of jobs', () => {
  it('does one at a time, in order, and remembers how each went', async () => {
    const queue = new JobQueue<number>(options);
    const order: string[] = [];
    const a = queue.add(async ({ onProgress, warn }) => {
      order.push('a');
      onProgress(0.5);
      onProgress(0.2);
      warn('careful');
      await settle();
      order.push('a is done');
      return 1;
    });
    const b = queue.add(async () => {
      order.push('b');
      throw new Error('it broke');
    });
    expect(a).toMatch(JOB_ID);
    expect(queue.get(b)?.state).toBe('queued');
    await settle();
    await settle();
    await settle();
    expect(order).toEqual(['a', 'a is done', 'b']);
    expect(queue.get(a)).toMatchObject({ state: 'done', progress: 1, warnings: ['careful'] });
    expect(queue.result(a)).toBe(1);
    expect(queue.get(b)).toMatchObject({ state: 'failed', problem: 'it broke' });
    await queue.close();
  });

  it('is bounded, and lets a waiting one go without its turn', async () => {
    const queue = new JobQueue<never>(options);
    const [first, second] = [queue.add(untilStopped), queue.add(untilStopped), queue.add(untilStopped)];
    expect(() => queue.add(untilStopped)).toThrow('3 things are waiting');
    await settle();
    await queue.remove(second!);
    expect(queue.get(second!)).toBeUndefined();
    expect(queue.get(first!)?.state).toBe('running');
    await queue.remove(first!);
    expect(queue.list()).toHaveLength(1);
    await queue.close();
    expect(queue.list()[0]?.state).toBe('cancelled');
    expect(() => queue.add(untilStopped)).toThrow('closing');
  });
});
