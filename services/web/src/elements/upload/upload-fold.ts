import { messageOf } from '../../network/problem';
import { fill, h, setText } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import type { Section } from '../../upload/queue/sections';
import { isRetryable } from '../../upload/queue/upload';
import { uploads } from '../../upload/uploads';

/** One line for many uploads that ended the same way. Call `show`; fires `toggle-fold` when its owner wants to see them, or no longer. */
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
  #again = h(
    'button',
    { type: 'button', class: 'button small', onclick: () => this.#tryAgain() },
    icon('retry'),
    texts.upload.retryAll,
  );
  #remove = h(
    'button',
    { type: 'button', class: 'icon-button', title: texts.upload.remove, onclick: () => uploads.remove(this.#ids) },
    icon('close'),
  );

  connectedCallback(): void {
    if (!this.firstChild)
      fill(
        this,
        h('div', { class: 'upload-fold' }, this.#toggle, h('div', { class: 'row-actions' }, this.#again, this.#remove)),
      );
  }

  show(section: Section, isOpen: boolean): void {
    this.#section = section;
    const title = texts.upload.fold(section.status, section.uploads.length, section.reason);
    this.dataset['status'] = section.status;
    setText(this.#title, title);
    this.#toggle.setAttribute('aria-expanded', String(isOpen));
    this.#again.hidden = !section.uploads.every(isRetryable);
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
