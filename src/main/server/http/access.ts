/**
 * What a caller may do. `view` looks, `control` makes the presenter speak, perform and record, `admin` sees and changes the server
 * itself. Each includes the ones before it.
 */
export const SCOPES = ['view', 'control', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export const includes = (held: Scope, needed: Scope): boolean => SCOPES.indexOf(held) >= SCOPES.indexOf(needed);

/** What kind of work a route is. Rates are bounded by it (limits.ts), and metrics and the audit log are told by it. */
export const ROUTE_CLASSES = ['page', 'read', 'control', 'offer', 'upload', 'events', 'admin'] as const;
export type RouteClass = (typeof ROUTE_CLASSES)[number];

export interface Access {
  scope: Scope;
  class: RouteClass;
  /** Callers of the LAN need a token for it, although it only looks. */
  tokenOnLan?: boolean;
}

export const page: Access = { scope: 'view', class: 'page' };
const read: Access = { scope: 'view', class: 'read' };
const control: Access = { scope: 'control', class: 'control' };
const admin: Access = { scope: 'admin', class: 'admin' };
const upload: Access = { scope: 'control', class: 'upload' };

/**
 * Who may call which route: the one place that says so. A `*` at the end stands for the rest of a path; the first row that fits
 * counts. HEAD is asked as GET. A route without a row needs `admin`, and access.test.ts fails until it has one.
 */
export const ACCESS_TABLE: readonly (readonly [method: string, path: string, access: Access])[] = [
  ['GET', '/', page],
  ['GET', '/stage', page],
  ['GET', '/docs*', page],
  ['GET', '/openapi.json', page],

  // Watching takes a session and with it a share of the machine, yet a screen in a lobby must be able to do no more than that.
  ['POST', '/offer', { scope: 'view', class: 'offer' }],
  ['POST', '/whep*', { scope: 'view', class: 'offer' }],
  ['GET', '/whep/:sessionid/:viewerid/visemes', { scope: 'view', class: 'events' }],
  // Who watches may stop watching: the id in the path is known to that viewer alone.
  ['*', '/whep*', read],
  ['GET', '/sse', { scope: 'view', class: 'events' }],
  ['POST', '/is_speaking', read],
  ['POST', '/humanaudio', upload],
  ['POST', '/human', control],
  ['POST', '/interrupt_talk', control],
  ['POST', '/set_audiotype', control],
  ['POST', '/record', control],
  ['GET', '/record/*', read],

  ['GET', '/metrics', { ...read, tokenOnLan: true }],
  ['GET', '/api/health', read],
  ['GET', '/api/diagnostics', admin],
  // Not of the class `admin`: those calls are written down, and who reads the log would be told so once a second.
  ['GET', '/api/logs', { ...read, scope: 'admin' }],
  ['GET', '/api/admin/server', { ...read, scope: 'admin' }],
  // The document that Herald copies gives these two to everyone it serves; they hold no secret.
  ['GET', '/api/admin/config', read],
  ['GET', '/api/admin/sessions', read],
  ['*', '/api/admin/*', admin],
  ['*', '/api/settings*', admin],
  ['*', '/api/tokens*', admin],

  ['GET', '/api/imports*', { ...read, scope: 'admin' }],
  ['*', '/api/imports*', { ...upload, scope: 'admin' }],
  ['GET', '/api/*', read],
  // An avatar or a model that is brought in stays, and is read by every later session.
  ['*', '/api/avatars*', { ...upload, scope: 'admin' }],
  ['*', '/api/models*', { ...upload, scope: 'admin' }],
  ['*', '/api/voices/catalogue*', { ...upload, scope: 'admin' }],
  ['POST', '/api/voices/preview', upload],
  ['POST', '/api/sessions', { scope: 'control', class: 'offer' }],
  ['*', '/api/sessions/*', control],
  ['*', '/api/recordings*', control],
  ['*', '/api/clips*', control],
  ['*', '/api/exports*', control],
];

const UNLISTED: Access = admin;

/** The row of a route, as registered (`/api/clips/:id`), or undefined. */
export function rowOf(method: string, route: string): Access | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  return ACCESS_TABLE.find(([rowMethod, path]) => (rowMethod === '*' || rowMethod === asked) && fits(path, route))?.[2];
}

export const accessOf = (method: string, route: string): Access => rowOf(method, route) ?? UNLISTED;

const fits = (path: string, route: string) =>
  path.endsWith('*') ? route.startsWith(path.slice(0, -1)) : route.replace(/(?<=.)\/$/, '') === path;
