// Draws resources/icons/*.png from src/renderer/icon.svg, with the machine's Chromium: `node scripts/make-icons.mjs`. Run it after
// changing the drawing; its results are kept in the repository, as building must not need a browser.
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { findChromium } from '../testing/chromium.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'resources', 'icons');
const drawing = readFileSync(join(root, 'src', 'renderer', 'icon.svg'), 'utf8');

/** The shape alone, black with the sound cut out of it: macOS tints such images for its menu bar ("template images"). */
const shape = drawing.replace(
  /<path fill="#2456d6"([^>]*)\/>\s*<path fill="none" stroke="#fff"([^>]*)\/>/,
  '<mask id="m"><rect width="32" height="32" fill="#fff"/><path fill="none" stroke="#000"$2/></mask>' +
    '<path fill="#000" mask="url(#m)"$1/>',
);
if (shape === drawing)
  throw new Error('icon.svg has another form than this script knows: the template icon would be blue');

const icons = [
  { name: 'icon.png', px: 1024, margin: 0.06, svg: drawing },
  { name: 'tray.png', px: 32, margin: 0, svg: drawing },
  { name: 'tray@2x.png', px: 64, margin: 0, svg: drawing },
  { name: 'trayTemplate.png', px: 18, margin: 0.04, svg: shape },
  { name: 'trayTemplate@2x.png', px: 36, margin: 0.04, svg: shape },
];

const executablePath = findChromium();
if (!executablePath) throw new Error('Chromium is not installed; e.g. apt-get install chromium, or set CHROMIUM_PATH');
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  for (const { name, px, margin, svg } of icons) {
    const page = await browser.newPage({ viewport: { width: px, height: px } });
    const side = px * (1 - 2 * margin);
    await page.setContent(
      `<body style="margin:${px * margin}px;background:transparent">` +
        svg.replace('<svg ', `<svg style="display:block;width:${side}px;height:${side}px" `),
    );
    await page.screenshot({ path: join(out, name), omitBackground: true });
    await page.close();
    process.stdout.write(`${name} ${px}x${px}\n`);
  }
} finally {
  await browser.close();
}
