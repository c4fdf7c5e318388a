import { h } from '../../ui/dom';
import { icon, type IconName } from '../../ui/icons';
import { Store } from '../../ui/store';
import { texts } from '../../ui/texts';

/** The medium fills the window, and the screen where the browser allows it. Kept from one medium to the next. */
const isFull = new Store(false);
/** The details are shown beside the medium. */
const showsInfo = new Store(true);
const behind = 'app-nav, upload-tray, .skip-link';

/** Lets the user view the medium of `detail` in full, with or without its details. Returns the buttons for that. */
export function connectFullView(detail: HTMLElement, signal: AbortSignal): HTMLElement {
  const info = toggle('info', texts.media.info, showsInfo);
  const full = toggle('full', texts.media.fullView, isFull);
  isFull.watch((value) => {
    detail.toggleAttribute('data-full', value);
    full.setAttribute('aria-pressed', String(value));
    // The page behind is covered, so the focus must not get there.
    for (const part of document.querySelectorAll(behind)) part.toggleAttribute('inert', value);
  }, signal);
  showsInfo.watch((value) => {
    detail.toggleAttribute('data-bare', !value);
    info.setAttribute('aria-pressed', String(value));
  }, signal);
  // The browser's own Escape leaves full screen without a key event.
  document.addEventListener('fullscreenchange', () => document.fullscreenElement ?? isFull.set(false), { signal });
  // After a step to another medium its page is there already, and stays full.
  signal.addEventListener('abort', () => setTimeout(() => document.querySelector('.detail') ?? setFull(false)), {
    once: true,
  });
  return h('div', { class: 'detail-view' }, info, full);
}

/** Handles `f`, `i` and, in full view, Escape. Returns true when the key was handled. */
export function fullViewKey(key: string): boolean {
  if (key === 'f') setFull(!isFull.value);
  else if (key === 'i') showsInfo.set(!showsInfo.value);
  else if (key === 'Escape' && isFull.value) setFull(false);
  else return false;
  return true;
}

function setFull(value: boolean): void {
  isFull.set(value);
  // Refused without a user gesture, and missing on iPhones: the medium then fills the window alone.
  if (value) void document.documentElement.requestFullscreen?.().catch(() => undefined);
  else if (document.fullscreenElement) void document.exitFullscreen();
  if (!value) for (const part of document.querySelectorAll(behind)) part.removeAttribute('inert');
}

function toggle(name: IconName, label: string, store: Store<boolean>): HTMLElement {
  const onclick = (): void => (store === isFull ? setFull(!isFull.value) : store.set(!store.value));
  return h('button', { type: 'button', class: 'icon-button', 'aria-label': label, title: label, onclick }, icon(name));
}
