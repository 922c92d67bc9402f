// `npm test`: builds if stale, runs the unit tests and then the end-to-end tests, and ends with one line of counts.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium, INSTALL_CHROMIUM } from '../testing/chromium.mjs';
import { buildIfStale, root } from './build-if-stale.mjs';

const results = join(root, 'out', 'test-results');
const extra = process.argv.slice(2);

try {
  await buildIfStale();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
mkdirSync(results, { recursive: true });

const totals = { passed: 0, failed: 0, skipped: 0 };
for (const project of ['unit', 'patient', 'e2e']) await runProject(project);
if (!findChromium()) process.stdout.write(`\n${INSTALL_CHROMIUM}\n`);
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
process.exit(totals.failed > 0 ? 1 : 0);

/** Runs one of vitest's projects with its usual output, and adds up what its report says. */
async function runProject(project) {
  const report = join(results, `${project}.json`);
  rmSync(report, { force: true });
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn(process.execPath, [vitest, ...args, '--passWithNoTests', ...extra], {
    cwd: root,
    stdio: 'inherit',
  });
  const forward = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, forward);
  const code = await new Promise((resolve) => child.once('close', (exit) => resolve(exit ?? 1)));
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeListener(signal, forward);
  let failed = 0;
  try {
    const found = JSON.parse(readFileSync(report, 'utf8'));
    totals.passed += found.numPassedTests;
    totals.skipped += found.numPendingTests + found.numTodoTests;
    // A file that fails to load has no tests to count, but it is a failure.
    const brokenFiles = found.testResults.filter(
      (f) => f.status === 'failed' && f.assertionResults.length === 0,
    ).length;
    failed = found.numFailedTests + brokenFiles;
  } catch {
    // No report: vitest itself ended early, unless there was nothing to run.
  }
  totals.failed += code !== 0 && failed === 0 ? 1 : failed;
}
