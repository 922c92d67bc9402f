// Serves the page to a headless Chromium (software WebGL: no GPU needed) and hands out a `render` function.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const THREE_DIR = path.resolve(path.dirname(createRequire(import.meta.url).resolve('three')), '..');
const TYPES = {
  '.html': 'text/html',
  '.mjs': 'text/javascript',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};
const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function fileFor(url, characterFile) {
  const name = decodeURIComponent(url.split('?')[0]);
  if (name === '/') return path.join(HERE, 'stage.html');
  if (name === '/character.glb') return characterFile;
  for (const [prefix, dir] of [
    ['/tools/', HERE],
    ['/modules/three/', THREE_DIR],
  ]) {
    const file = path.join(dir, name.slice(prefix.length));
    if (name.startsWith(prefix) && file.startsWith(dir)) return file;
  }
  return undefined;
}

async function serve(characterFile) {
  const server = createServer((request, reply) => {
    const file = fileFor(request.url, characterFile);
    if (!file || !existsSync(file)) return reply.writeHead(404).end();
    reply.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(reply);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Where Debian, macOS and Windows users usually have one; `--chromium` overrides. */
export function findChromium(given) {
  const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return given ?? process.env.CHROMIUM ?? places.find((place) => existsSync(place));
}

/** @param look what is shown: see stage.mjs */
export async function openStage({ characters, character, chromiumPath, look = 'picture' }) {
  const characterFile = path.resolve(characters, `${character}.glb`);
  if (!existsSync(characterFile)) throw new Error(`No such character: ${characterFile}`);
  const server = await serve(characterFile);
  const browser = await chromium.launch({
    executablePath: findChromium(chromiumPath),
    args: CHROMIUM_ARGS,
    timeout: 0,
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(0); // software WebGL on a busy machine takes as long as it takes
  page.on('pageerror', (error) => console.error('page:', error.message));
  page.on('console', (message) => message.type() === 'error' && console.error('page:', message.text()));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction('window.stage');
  await page.evaluate((shown) => window.stage.load(shown), look);
  return {
    /** PNG bytes of a pose; `box` = [x, y, side] of the 720 px picture, or undefined for all of it. */
    async render(pose, sizePx, box) {
      const png = await page.evaluate(
        ([p, s, b]) => window.stage.render(p, s, b ?? undefined),
        [pose, sizePx, box ?? null],
      );
      return Buffer.from(png, 'base64');
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}
