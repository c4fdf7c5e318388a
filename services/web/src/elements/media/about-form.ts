import type { Media, UpdateMediaRequest } from '#contracts';
import { api } from '../../network/api';
import { broadcast } from '../../network/live';
import { messageOf } from '../../network/problem';
import { keepDraft, readDraft } from '../../state/drafts';
import { session } from '../../state/session';
import { h, setText } from '../../ui/dom';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import { field, setFieldError, violation } from '../base/field';
import { form } from '../base/form';

type Details = Required<UpdateMediaRequest>;
const names = ['title', 'description', 'tags'] as const;

/**
 * The form for title, description and tags. It saves a field when the focus leaves it, and the rest when the page is
 * left; what cannot be saved is kept as a draft, for example until the next login.
 */
export class AboutForm {
  readonly #tags = h('tag-field');
  readonly #state = h('p', { class: 'about-state', role: 'status' });
  readonly #form = form(
    { class: 'about', submit: texts.media.saveDetails, action: () => this.#save() },
    field({ label: texts.media.titleLabel, name: 'title', required: true, maxLength: 200, autocomplete: 'off' }),
    field({
      label: texts.media.description,
      name: 'description',
      type: 'textarea',
      maxLength: 5000,
      hint: texts.media.descriptionHint,
    }),
    this.#tags,
  );
  readonly element = h(
    'section',
    { class: 'panel' },
    h('div', { class: 'section-head' }, h('h2', {}, texts.media.about), this.#state),
    this.#form,
  );
  readonly #id: string;
  readonly #userId = session.value?.id ?? '';
  readonly #signal: AbortSignal;
  /** The details on the server, as far as known. */
  #saved: Details;
  /** Details of requests that are not answered yet. */
  #sent: UpdateMediaRequest = {};

  constructor(media: Media, signal: AbortSignal) {
    this.#id = media.id;
    this.#signal = signal;
    this.#saved = detailsOf(media);
    this.#fill({ ...this.#saved, ...readDraft(this.#userId, media.id) });
    this.#form.addEventListener('input', () => this.#showChanges());
    this.#form.addEventListener('change', () => void this.#saveQuietly());
    globalThis.addEventListener('pagehide', () => this.#leave(), { signal });
    signal.addEventListener('abort', () => this.#leave(), { once: true });
    void this.#saveQuietly();
  }

  /** Shows newer values, except in fields with unsaved changes. */
  show(media: Media): void {
    const changes = this.#changes();
    this.#saved = detailsOf(media);
    this.#fill({ ...this.#saved, ...changes, ...this.#sent });
    this.#showChanges();
  }

  #control(name: 'title' | 'description'): HTMLInputElement | HTMLTextAreaElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement | HTMLTextAreaElement;
  }

  #fill(details: Details): void {
    for (const name of ['title', 'description'] as const) {
      const control = this.#control(name);
      const isBeingTyped = control.value === '' && control === document.activeElement;
      if (control.value.trim() !== details[name] && !isBeingTyped) control.value = details[name];
    }
    if (!isSame(this.#tags.tags, details.tags)) this.#tags.tags = details.tags;
  }

  /** Returns the valid values that are neither saved nor sent. */
  #changes(): UpdateMediaRequest {
    const typed: Partial<Details> = {
      title: this.#control('title').value.trim() || this.#saved.title,
      description: this.#control('description').value.trim(),
      tags: this.#tags.tags,
    };
    const known = { ...this.#saved, ...this.#sent };
    return Object.fromEntries(
      names.filter((name) => !isSame(typed[name], known[name])).map((name) => [name, typed[name]]),
    );
  }

  #showChanges(): void {
    const isChanged = Object.keys(this.#changes()).length > 0;
    this.#form.toggleAttribute('data-dirty', isChanged);
    if (isChanged) setText(this.#state, '');
  }

  /** Saves without moving the focus, which has just left the field. */
  async #saveQuietly(): Promise<void> {
    setFieldError(this.#form, 'title', violation(this.#control('title')));
    await this.#save().catch((error: unknown) => session.value && toast(messageOf(error), 'bad'));
  }

  async #save(): Promise<void> {
    const changes = this.#changes();
    if (Object.keys(changes).length === 0) return;
    this.#sent = { ...this.#sent, ...changes };
    keepDraft(this.#userId, this.#id, this.#sent);
    try {
      const media = await api.updateMedium(this.#id, changes);
      this.#sent = {};
      keepDraft(this.#userId, this.#id, {});
      broadcast({ type: 'media', media });
      this.show(media);
      if (this.#signal.aborted) toast(texts.media.detailsSaved);
      else setText(this.#state, texts.media.detailsSaved);
    } finally {
      this.#sent = {};
      this.#showChanges();
    }
  }

  /** Saves what is left; after the end of the session it is kept instead. */
  #leave(): void {
    this.#tags.commit();
    if (session.value) void this.#saveQuietly();
    else keepDraft(this.#userId, this.#id, { ...this.#sent, ...this.#changes() });
  }
}

function detailsOf({ title, description, tags }: Media): Details {
  return { title, description, tags };
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
