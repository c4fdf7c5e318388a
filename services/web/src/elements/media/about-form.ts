import type { Media } from '#contracts';
import { api } from '../../network/api';
import { broadcast } from '../../network/live';
import { h } from '../../ui/dom';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import { field } from '../base/field';
import { form } from '../base/form';

export interface AboutForm {
  element: HTMLElement;
  /** Shows newer values, unless the user has unsaved changes. */
  show: (media: Media) => void;
}

/** Builds the form for title, description and tags. */
export function aboutForm(initial: Media): AboutForm {
  let current = initial;
  let dirty = false;
  const tags = h('tag-field');
  const element = form(
    {
      class: 'about',
      submit: texts.media.saveDetails,
      action: async ({ title = '', description = '' }) => {
        tags.commit();
        const media = await api.updateMedium(current.id, {
          title: title.trim(),
          description: description.trim(),
          tags: tags.tags,
        });
        setDirty(false);
        broadcast({ type: 'media', media });
        toast(texts.media.detailsSaved);
      },
    },
    field({ label: texts.media.titleLabel, name: 'title', required: true, maxLength: 200, autocomplete: 'off' }),
    field({
      label: texts.media.description,
      name: 'description',
      type: 'textarea',
      maxLength: 5000,
      hint: texts.media.descriptionHint,
    }),
    tags,
  );
  const setDirty = (value: boolean): void => {
    dirty = value;
    element.toggleAttribute('data-dirty', value);
  };
  element.addEventListener('input', () => setDirty(true));
  element.addEventListener('change', () => setDirty(true));
  const show = (media: Media): void => {
    current = media;
    if (dirty) return;
    setValue(element, 'title', media.title);
    setValue(element, 'description', media.description);
    tags.tags = media.tags;
  };
  return { element: h('section', { class: 'panel' }, h('h2', {}, texts.media.about), element), show };
}

function setValue(element: HTMLFormElement, name: string, value: string): void {
  (element.elements.namedItem(name) as HTMLInputElement | HTMLTextAreaElement).value = value;
}
