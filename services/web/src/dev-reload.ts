/**
 * Part of the pages under `npm run dev` alone: reloads the page when the shell changed, which names every script and style
 * sheet by a hash of its content. A page in the background does so when it is looked at again.
 */
const INTERVAL_MS = 500;

/** null while no answer comes: the API restarts. */
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
