import { defineConfig } from 'vitest/config';

// `unit`: no browser, no peers, seconds. `e2e`: a real server, real Chromium and aiortc peers, one file at a time.
export default defineConfig({
  test: {
    projects: [
      {
        // Vitest leaves one core free, which is half of a small machine; much of what these tests do is wait.
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'eval/**/*.test.ts', 'soak/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
