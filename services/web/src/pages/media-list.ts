import { pageHead } from '../elements/base/page-parts';
import { libraryToolbar } from '../elements/library/library-toolbar';
import { LibraryView } from '../elements/library/library-view';
import { filterFrom, libraryPath } from '../state/library';
import { changeAddress, type Page, type PageContext } from '../state/router';
import { fragment, h } from '../ui/dom';
import { icon } from '../ui/icons';
import { texts } from '../ui/texts';

/** Builds the page `/media`. */
export function mediaListPage({ query, signal, scrollY }: PageContext): Page {
  const view = new LibraryView(signal);
  const filter = filterFrom(query);
  changeAddress(libraryPath(filter));
  const toolbar = libraryToolbar(filter, (changed, typed) => {
    changeAddress(libraryPath(changed), { push: !typed });
    globalThis.scrollTo({ top: 0, behavior: 'instant' });
    void view.open(changed);
  });
  const add = h('a', { class: 'button primary', href: '/upload' }, icon('upload'), texts.dashboard.add);
  const content = fragment(pageHead(texts.library.title, null, add), toolbar, view.element);
  return {
    title: texts.library.title,
    content,
    ready: view.open(filter, scrollY ?? 0),
    restored: () => view.showViewed(),
  };
}
