import { messageOf } from '../../network/problem';
import { fill, h, setText } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import type { Section } from '../../upload/queue/sections';
import { isRetryable } from '../../upload/queue/upload';
import { uploads } from '../../upload/uploads';
import { chooseFiles } from './file-picker';

/** One row for many uploads with the same outcome. Call `show`; fires `toggle-fold` to expand or collapse them. */
export class UploadFold extends HTMLElement {
  #section: Section | undefined;
  #title = h('span');
  #toggle = h(
    'button',
    {
      type: 'button',
      class: 'fold-toggle',
      'aria-expanded': 'false',
      onclick: () => this.dispatchEvent(new CustomEvent('toggle-fold')),
    },
    icon('right'),
    this.#title,
  );
  #retry = h(
    'button',
    { type: 'button', class: 'button small', onclick: () => this.#tryAgain() },
    icon('retry'),
    texts.upload.retryAll,
  );
  #choose = h('button', { type: 'button', class: 'button small', onclick: chooseFiles }, texts.upload.chooseAgain);
  #remove = h(
    'button',
    { type: 'button', class: 'icon-button', title: texts.upload.remove, onclick: () => uploads.remove(this.#ids) },
    icon('close'),
  );

  connectedCallback(): void {
    if (this.firstChild) return;
    const actions = h('div', { class: 'row-actions' }, this.#retry, this.#choose, this.#remove);
    fill(this, h('div', { class: 'upload-fold' }, this.#toggle, actions));
  }

  show(section: Section, isOpen: boolean): void {
    this.#section = section;
    const title = texts.upload.fold(section.status, section.uploads.length, section.reason);
    this.dataset['status'] = section.status;
    setText(this.#title, title);
    this.#toggle.setAttribute('aria-expanded', String(isOpen));
    this.#retry.hidden = !section.uploads.every(isRetryable);
    this.#choose.hidden = section.status !== 'missing';
    this.#remove.setAttribute('aria-label', `${texts.upload.remove}: ${title}`);
  }

  get #ids(): string[] {
    return this.#section?.uploads.map(({ id }) => id) ?? [];
  }

  #tryAgain(): void {
    void uploads.retry(this.#ids).catch((error: unknown) => toast(messageOf(error), 'bad'));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'upload-fold': UploadFold;
  }
  interface HTMLElementEventMap {
    'toggle-fold': CustomEvent<void>;
  }
}
