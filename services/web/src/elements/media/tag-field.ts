import { fill, h, uniqueId } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';

/** Tags as chips with one input. Set and read `tags`; fires `change` when they change. */
export class TagField extends HTMLElement {
  #tags: string[] = [];
  #chips = h('ul', { class: 'chips', role: 'list' });
  #input = h('input', {
    id: uniqueId('tag'),
    name: 'tags',
    maxlength: 64,
    dir: 'auto',
    placeholder: texts.media.addTag,
    autocomplete: 'off',
  });

  connectedCallback(): void {
    const hintId = `${this.#input.id}-hint`;
    this.#input.setAttribute('aria-describedby', hintId);
    fill(
      this,
      h('label', { for: this.#input.id }, texts.media.tags),
      h('div', { class: 'tag-box' }, this.#chips, this.#input),
      h('p', { class: 'field-hint', id: hintId }, texts.media.tagsHint),
    );
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.#input.addEventListener('blur', () => this.#addTyped());
  }

  get tags(): string[] {
    return this.#tags;
  }

  set tags(tags: string[]) {
    this.#tags = [...tags];
    this.#draw();
  }

  /** Adds the typed tag, as Enter does. */
  commit(): void {
    this.#addTyped();
  }

  #key(event: KeyboardEvent): void {
    if ((event.key === 'Enter' && this.#input.value.trim()) || event.key === ',') {
      event.preventDefault();
      this.#addTyped();
    }
    if (event.key === 'Backspace' && this.#input.value === '' && this.#tags.length > 0)
      this.#change(this.#tags.slice(0, -1));
  }

  #addTyped(): void {
    const typed = this.#input.value
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean);
    this.#input.value = '';
    if (typed.length > 0) this.#change([...new Set([...this.#tags, ...typed])]);
  }

  #change(tags: string[]): void {
    this.tags = tags;
    this.dispatchEvent(new Event('change', { bubbles: true }));
  }

  #draw(): void {
    fill(this.#chips, ...this.#tags.map((tag) => h('li', { class: 'chip' }, h('bdi', {}, tag), this.#remover(tag))));
    this.#chips.hidden = this.#tags.length === 0;
  }

  #remover(tag: string): HTMLElement {
    const remove = (): void => {
      this.#change(this.#tags.filter((other) => other !== tag));
      this.#input.focus();
    };
    return h(
      'button',
      { type: 'button', class: 'chip-remove', 'aria-label': texts.media.removeTag(tag), onclick: remove },
      icon('close'),
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'tag-field': TagField;
  }
}
