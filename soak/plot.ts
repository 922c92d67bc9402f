export interface Line {
  name: string;
  colour: string;
  points: readonly (readonly [x: number, y: number])[];
}

export interface PlotOptions {
  title: string;
  unit: string;
  lines: Line[];
  /** A limit, drawn across. */
  limit?: number;
  /** What the axis must show even where no point is; 0 by default. */
  from?: number;
}

const WIDTH = 900;
const HEIGHT = 300;
const MARGIN = { left: 64, right: 16, top: 34, bottom: 34 };
const MOST_POINTS = 600;

/** A plot over time in seconds, as SVG that stands alone. */
export function plot({ title, unit, lines, limit, from = 0 }: PlotOptions): string {
  const finite = lines.map((line) => ({ ...line, points: thin(line.points.filter(([, y]) => Number.isFinite(y))) }));
  const all = finite.flatMap(({ points }) => points);
  const maxX = Math.max(1, ...all.map(([x]) => x));
  const ys = [from, ...all.map(([, y]) => y), ...(limit === undefined ? [] : [limit])];
  const stepY = niceStep((Math.max(...ys) - Math.min(...ys)) / 5 || 1);
  const [minY, maxY] = [
    Math.floor(Math.min(...ys) / stepY) * stepY,
    Math.ceil(Math.max(...ys) / stepY) * stepY || stepY,
  ];
  const x = (value: number) => MARGIN.left + (value / maxX) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number) =>
    HEIGHT - MARGIN.bottom - ((value - minY) / (maxY - minY || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const parts = [`<text x="${MARGIN.left}" y="18" font-weight="bold">${plain(title)}, ${plain(unit)}</text>`];
  for (let value = minY; value <= maxY + stepY / 2; value += stepY) {
    parts.push(`<path d="M${MARGIN.left} ${fixed(y(value))}H${WIDTH - MARGIN.right}" stroke="#ddd"/>`);
    parts.push(`<text x="${MARGIN.left - 8}" y="${fixed(y(value) + 4)}" text-anchor="end">${label(value)}</text>`);
  }
  const perLabel = maxX > 3 * 3_600 ? 3_600 : maxX > 600 ? 60 : 1;
  const name = { 3600: 'h', 60: 'min', 1: 's' }[perLabel];
  const stepX = niceStep(maxX / perLabel / 8) * perLabel;
  for (let value = 0; value <= maxX; value += stepX) {
    parts.push(
      `<text x="${fixed(x(value))}" y="${HEIGHT - 12}" text-anchor="middle">${label(value / perLabel)} ${name}</text>`,
    );
  }
  if (limit !== undefined) {
    parts.push(
      `<path d="M${MARGIN.left} ${fixed(y(limit))}H${WIDTH - MARGIN.right}" stroke="#c00" stroke-dasharray="6 4"/>`,
    );
  }
  finite.forEach(({ name, colour, points }, i) => {
    const path = points.map(([px, py], n) => `${n === 0 ? 'M' : 'L'}${fixed(x(px))} ${fixed(y(py))}`).join('');
    if (path) parts.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`);
    parts.push(
      `<text x="${WIDTH - MARGIN.right - 130 * (finite.length - i - 1)}" y="18" text-anchor="end" fill="${colour}">${plain(name)}</text>`,
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>${parts.join('')}</svg>\n`
  );
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-9)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough - power * 1e-9)!;
}

/** The highest of each run of neighbours: peaks are what matters. */
function thin(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) =>
    points.slice(i * size, (i + 1) * size).reduce((top, point) => (point[1] > top[1] ? point : top)),
  );
}

const fixed = (value: number) => value.toFixed(1);
const label = (value: number) => String(Math.round(value * 1_000) / 1_000);
const plain = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
