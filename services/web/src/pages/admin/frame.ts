import { pageHead } from '../../elements/base/page-parts';
import { load } from '../../network/load';
import type { Page, PageBuilder, PageContext } from '../../state/router';
import { session } from '../../state/session';
import { fragment, h, type Child } from '../../ui/dom';
import { notFoundPage } from '../not-found';
import { adminTexts as texts } from './texts';

type Section = keyof typeof texts.sections;

const paths: Record<Section, string> = {
  overview: '/admin',
  users: '/admin/users',
  media: '/admin/media',
  queues: '/admin/queues',
  audit: '/admin/audit',
};

export interface SectionContent {
  content: Child[];
  /** Resolves when the first data is shown. */
  ready: Promise<unknown>;
}

/** Builds a page of the admin area below the links to its sections. To anyone but an admin the page does not exist. */
export function adminPage(section: Section, build: (context: PageContext) => SectionContent): PageBuilder {
  return (context): Page => {
    if (session.value?.role !== 'admin') return notFoundPage();
    const { content, ready } = build(context);
    const title = `${texts.title}: ${texts.sections[section]}`;
    return { title, content: fragment(pageHead(title, texts.lead), links(section), ...content), ready };
  };
}

function links(current: Section): HTMLElement {
  const entries = Object.entries(texts.sections) as [Section, string][];
  return h(
    'nav',
    { class: 'admin-links', 'aria-label': texts.sectionsLabel },
    ...entries.map(([name, label]) =>
      h('a', { href: paths[name], 'aria-current': name === current ? 'page' : null }, label),
    ),
  );
}

/**
 * Reads and shows data, again every `everyMs` while the page is visible, and when it becomes visible.
 * @param show gets the data, or the problem of a read that failed
 * @returns a function that reads at once; it resolves when the data is shown
 */
export function poll<T>(
  read: (signal: AbortSignal) => Promise<T>,
  show: (result: { data: T } | { problem: unknown }) => void,
  { everyMs, signal }: { everyMs: number; signal: AbortSignal },
): () => Promise<void> {
  let latest = 0;
  const refresh = async (): Promise<void> => {
    const turn = (latest += 1);
    const result = await load(() => read(signal), signal).then(
      (data) => ({ data }),
      (problem: unknown) => ({ problem }),
    );
    if (!signal.aborted && turn === latest) show(result);
  };
  const refreshVisible = (): void => {
    if (document.visibilityState === 'visible') void refresh();
  };
  const timer = setInterval(refreshVisible, everyMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  document.addEventListener('visibilitychange', refreshVisible, { signal });
  return refresh;
}
