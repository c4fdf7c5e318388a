/**
 * Part of the pages under `npm run dev` only: reloads the page when the shell has changed, which contains the content
 * hash of every script and style sheet. A page in the background reloads when it becomes visible.
 */
const INTERVAL_MS = 500;

/** Returns null while the API restarts. */
async function readShell(): Promise<string | null> {
  const answer = await fetch('/', { cache: 'no-store', headers: { accept: 'text/html' } }).catch(() => null);
  return answer?.ok ? answer.text() : null;
}

let shown: string | null = null;

async function reloadIfChanged(): Promise<void> {
  if (document.hidden) return;
  const current = await readShell();
  shown ??= current;
  if (current !== null && current !== shown) location.reload();
}

void reloadIfChanged();
setInterval(() => void reloadIfChanged(), INTERVAL_MS);
