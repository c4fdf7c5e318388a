import { h } from '../../ui/dom';

export interface ProgressBar {
  element: HTMLElement;
  /** 0..100; null while the progress is unknown. */
  set: (percent: number | null) => void;
}

/** Builds a progress bar with an accessible label. */
export function progressBar(label: string): ProgressBar {
  const element = h(
    'div',
    { class: 'bar', role: 'progressbar', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 100 },
    h('div', { class: 'bar-fill' }),
  );
  const set = (percent: number | null): void => {
    element.classList.toggle('unknown', percent === null);
    if (percent === null) return element.removeAttribute('aria-valuenow');
    element.setAttribute('aria-valuenow', String(Math.round(percent)));
    element.style.setProperty('--share', `${percent}%`);
  };
  return { element, set };
}
