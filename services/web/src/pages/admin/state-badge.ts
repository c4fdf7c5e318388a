import { h } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { adminTexts } from './texts';

const tones: Record<string, string> = { ok: 'completed', down: 'failed', degraded: 'uploaded' };

/** Builds a state as icon and text, because colour alone is not accessible (WCAG 1.4.1). */
export function stateBadge(state: string): HTMLElement {
  const label = (adminTexts.states as Record<string, string>)[state] ?? state;
  return h('span', { class: 'status', 'data-tone': tones[state] }, icon(state === 'ok' ? 'check' : 'alert'), label);
}
