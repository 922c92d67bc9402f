import type { Random } from './random';

/** As much of JSON Schema as /openapi.json uses. */
export interface JsonSchema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  default?: unknown;
}

/** Strings that have broken something somewhere. Each is allowed where a schema asks for text. */
export const NASTY_TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  '\ud83d',
  '\u202eabc',
  '../../../../etc/passwd',
  '..\\..\\windows\\win.ini',
  '%2e%2e%2f%00',
  'file:///etc/passwd',
  'http://169.254.169.254/latest/meta-data/',
  '__proto__',
  'constructor',
  '{{7*7}}<%= 7*7 %>#{7*7}',
  '<script>alert(1)</script>',
  "'; DROP TABLE sessions; --",
  '$(touch /tmp/herald-was-here)',
  '\r\nSet-Cookie: a=b\r\n\r\n',
  '%s%s%s%n',
  'NaN',
  '-0',
  '9'.repeat(40),
  'a'.repeat(2_000),
  '好'.repeat(500),
  '👩‍👩‍👧‍👦'.repeat(50),
  '('.repeat(500),
  '. '.repeat(500),
  '[pause 1][voice x][mode still]',
  'Hello there, this is a plain sentence.',
];
const NASTY_NUMBERS = [0, -0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 53, 1e308, -1e308, 5e-324, 0.1, 1e21];

/** What ids and names look like here, right and almost right; a pattern takes from them what fits. */
const CANDIDATES = [
  '123456',
  '0',
  'en',
  'clara',
  'a',
  'My Presenter',
  '2026-01-02-030405-clara-123456',
  '2026-01-02-030405-主播-1~2',
  '20260102-030405-abcdef',
  '0123456789abcdef',
  '00000000-0000-4000-8000-000000000000',
  'abcdefghijkl',
  'rtmp://127.0.0.1:9/live/x',
  'http://127.0.0.1:9/x',
  '#ffffff',
];

export interface ValueSource {
  random: Random;
  /** Values by the name of their key in a route, where the schema alone would not find one that means anything. */
  known(key: string, route: string): unknown;
  /** `POST /human`: what the values are for. */
  route?: string;
}

/** A value that the schema takes, as unpleasant as it allows. */
export function valueFor(schema: JsonSchema, source: ValueSource, key = '', depth = 0): unknown {
  const { random } = source;
  const known = source.known(key, source.route ?? '');
  if (known !== undefined && random.chance(0.8)) return known;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return random.of(schema.enum);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches?.length) return valueFor(random.of(branches), source, key, depth + 1);
  if (schema.allOf?.length) return valueFor(Object.assign({}, ...schema.allOf) as JsonSchema, source, key, depth + 1);
  switch (Array.isArray(schema.type) ? random.of(schema.type) : schema.type) {
    case 'string':
      return textOf(schema, random);
    case 'integer':
      return numberOf(schema, random, true);
    case 'number':
      return numberOf(schema, random, false);
    case 'boolean':
      return random.chance(0.5);
    case 'null':
      return null;
    case 'array': {
      const length = Math.max(schema.minItems ?? 0, Math.min(schema.maxItems ?? 3, random.below(4)));
      return depth > 6 ? [] : Array.from({ length }, () => valueFor(schema.items ?? {}, source, '', depth + 1));
    }
    case 'object':
      return objectOf(schema, source, depth);
    default:
      return random.of<unknown>([null, 1, 'x', [], {}]);
  }
}

function objectOf(schema: JsonSchema, source: ValueSource, depth: number): Record<string, unknown> {
  const { random } = source;
  const made: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const wanted = schema.required?.includes(name) || (depth < 6 && random.chance(0.4));
    if (wanted) made[name] = valueFor(property, source, name, depth + 1);
  }
  // Clients send extras; JSON.parse makes `__proto__` a key like any other.
  if (random.chance(0.2)) Object.defineProperty(made, '__proto__', { value: { polluted: 1 }, enumerable: true });
  return made;
}

function textOf({ pattern, format, minLength = 0, maxLength = 100_000 }: JsonSchema, random: Random): string {
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength && matches(text, pattern);
  const all = format === 'uri' ? CANDIDATES : pattern ? [...CANDIDATES, ...NASTY_TEXTS] : NASTY_TEXTS;
  const fitting = all.filter(fits);
  return fitting.length > 0 ? random.of(fitting) : 'x'.repeat(Math.max(1, minLength));
}

function matches(text: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return true;
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return true;
  }
}

function numberOf(schema: JsonSchema, random: Random, whole: boolean): number {
  const { minimum = schema.exclusiveMinimum, maximum = schema.exclusiveMaximum } = schema;
  const fits = (value: number) =>
    (!whole || Number.isSafeInteger(value)) && value >= (minimum ?? -Infinity) && value <= (maximum ?? Infinity);
  const edges = [minimum, maximum].filter((edge) => edge !== undefined && Number.isFinite(edge)) as number[];
  const fitting = [...NASTY_NUMBERS, ...edges].filter(fits);
  return fitting.length > 0 ? random.of(fitting) : (minimum ?? 0);
}
