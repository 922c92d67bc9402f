import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const PAGE = join(import.meta.dirname, '..', '..', 'out', 'renderer', 'index.html');
const LIMIT_KB = 350;

/** The scripts that a page loads before it shows anything: those it names, and what they import at once, not on demand. */
function initialScripts(page: string): string[] {
  const found = new Set<string>();
  const add = (file: string) => {
    if (found.has(file)) return;
    found.add(file);
    // Rolldown writes `import{a}from"./b.js"` and `import"./b.js"`; a panel on demand is `import("./c.js")`.
    const names = readFileSync(file, 'utf8').matchAll(
      /(?:^|[;}\s])(?:import|export)\s*(?:[\w*{}\s,$]+?from)?\s*["'](\.[^"']+\.js)["']/g,
    );
    for (const [, name] of names) add(join(dirname(file), name as string));
  };
  for (const [, name] of readFileSync(page, 'utf8').matchAll(/(?:src|href)="(\.[^"]+\.js)"/g)) {
    add(join(dirname(page), name as string));
  }
  return [...found];
}

describe.skipIf(!existsSync(PAGE))('the built page', () => {
  it(`loads at most ${LIMIT_KB} kB of script, compressed, before it shows anything`, () => {
    const files = initialScripts(PAGE);
    expect(files.length).toBeGreaterThan(0);
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
    console.log(`initial script: ${Math.round(bytes / 1_000)} kB gzip in ${files.length} files`);
    expect(bytes).toBeLessThanOrEqual(LIMIT_KB * 1_000);
  });
});
