import type { Media } from '#contracts';
import { libraries } from '../../state/libraries';
import { navigate } from '../../state/router';
import { fill, h } from '../../ui/dom';
import { icon, type IconName } from '../../ui/icons';
import { texts } from '../../ui/texts';

type Direction = -1 | 1;
const looks: Record<Direction, { name: IconName; label: string }> = {
  [-1]: { name: 'left', label: texts.media.previous },
  1: { name: 'right', label: texts.media.next },
};

/** Moves from a medium to its neighbours in the list that it was opened from. */
export class ItemSteps {
  /** The buttons of the head. */
  readonly element = h('div', { class: 'detail-steps' });
  /** The same for the mouse, at the edges of the stage. */
  readonly edges = h('div', { class: 'stage-edges', 'aria-hidden': 'true' });
  readonly #id: string;

  constructor(id: string, signal: AbortSignal) {
    this.#id = id;
    libraries.last?.state.onChange(() => this.show(), signal);
  }

  /** Shows the buttons, and preloads the pictures of the neighbours. */
  show(): void {
    const { previous, next } = libraries.beside(this.#id);
    const isShown = previous !== null || next !== null;
    fill(this.element, ...(isShown ? [this.#button(-1, previous), this.#button(1, next)] : []));
    fill(this.edges, previous && this.#edge(-1), next && this.#edge(1));
    for (const { previewUrl, kind } of [next, previous].filter((media) => media !== null))
      if (kind === 'image' && previewUrl) new Image().src = previewUrl;
  }

  /** Opens the previous or the next medium, if there is one. */
  go(direction: Direction): void {
    const { previous, next } = libraries.beside(this.#id);
    const target = direction < 0 ? previous : next;
    if (target) navigate(`/media/${target.id}`, { replace: true });
  }

  #button(direction: Direction, target: Media | null): HTMLElement {
    const { name, label } = looks[direction];
    const onclick = (): void => this.go(direction);
    const disabled = target === null;
    return h(
      'button',
      { type: 'button', class: 'icon-button', 'aria-label': label, title: label, disabled, onclick },
      icon(name),
    );
  }

  #edge(direction: Direction): HTMLElement {
    const { name } = looks[direction];
    const onclick = (): void => this.go(direction);
    return h('button', { type: 'button', tabindex: -1, class: 'stage-edge', 'data-edge': name, onclick }, icon(name));
  }
}
