const guestPages = new Set(['/login', '/register']);

/**
 * Where to go after logging in. Only paths of this origin: one leading slash, not `//` or `/\` (browsers read both as
 * another host), no control characters (browsers drop tabs and line ends, so `/<tab>/evil` would become `//evil`).
 */
export function safeNextPath(wanted: string | null | undefined): string {
  if (!wanted || !/^\/(?![/\\])/.test(wanted)) return '/';
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(wanted)) return '/';
  const path = wanted.split(/[?#]/, 1)[0] ?? '/';
  return guestPages.has(path) ? '/' : wanted;
}

/** The login page that comes back to `path` afterwards. */
export function loginPath(path: string): string {
  const next = safeNextPath(path);
  return next === '/' ? '/login' : `/login?next=${encodeURIComponent(next)}`;
}
