const guestPages = new Set(['/login', '/register', '/forgot-password', '/reset-password', '/confirm-email']);

/**
 * Returns the path to open after a login: `wanted` if it is a path of this origin, otherwise `/`. It has one leading
 * slash, not `//` or `/\` (browsers read both as another host), and no control characters (browsers drop tabs and line
 * ends, so `/<tab>/evil` would become `//evil`).
 */
export function safeNextPath(wanted: string | null | undefined): string {
  if (!wanted || !/^\/(?![/\\])/.test(wanted)) return '/';
  if (/\p{Cc}/u.test(wanted)) return '/';
  const path = wanted.split(/[?#]/, 1)[0] ?? '/';
  return guestPages.has(path) ? '/' : wanted;
}

/** Returns the path of the login page that leads to `path` afterwards. */
export function loginPath(path: string): string {
  const next = safeNextPath(path);
  return next === '/' ? '/login' : `/login?next=${encodeURIComponent(next)}`;
}
