import { defineConfig } from 'vitest/config';

/** What they assert waits for the page, a file or a program, and never for a clock: two of them at a time do each other no harm. */
const PATIENT = [
  'page',
  'studio',
  'presenters',
  'prepare',
  'settings',
  'server-panel',
  'library',
  'package',
  'weights',
];
const patientFiles = PATIENT.map((name) => `e2e/${name}.test.ts`);

// `unit`: no browser, no peers, seconds. `patient` and `e2e`: a real server, real Chromium and aiortc peers; those of `e2e` measure
// sound and pictures as they come, so they have the machine to themselves, one file at a time.
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
          name: 'patient',
          include: patientFiles,
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: patientFiles,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
