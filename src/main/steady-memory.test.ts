import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasSteadyMemory, STEADY_MEMORY, steadyMemory } from '../../scripts/steady-memory.mjs';
import { root } from '../../testing/server';

describe('steady memory', () => {
  it('is asked for on Linux, and what somebody set for themselves stays', () => {
    const env = steadyMemory({ MALLOC_ARENA_MAX: '8', HOME: '/' }, 'linux');
    expect(env).toEqual({ ...STEADY_MEMORY, MALLOC_ARENA_MAX: '8', HOME: '/' });
    expect(hasSteadyMemory(env, 'linux')).toBe(true);
    expect(hasSteadyMemory({ MALLOC_ARENA_MAX: '8' }, 'linux')).toBe(false);
  });

  it.each(['darwin', 'win32'] as const)('is no matter on %s', (platform) => {
    expect(steadyMemory({ HOME: '/' }, platform)).toEqual({ HOME: '/' });
    expect(hasSteadyMemory({}, platform)).toBe(true);
  });

  it.each(['Dockerfile', 'herald.service'])('is what deploy/%s starts with', (file) => {
    const text = readFileSync(join(root, 'deploy', file), 'utf8');
    for (const [name, value] of Object.entries(STEADY_MEMORY)) expect(text).toContain(`${name}=${value}`);
  });
});
