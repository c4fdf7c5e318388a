import type { MediaStatus } from '#contracts';
import { h } from '../../ui/dom';
import { icon, type IconName } from '../../ui/icons';
import { texts } from '../../ui/texts';

const icons: Record<MediaStatus, IconName> = {
  uploaded: 'clock',
  processing: 'sparkle',
  completed: 'check',
  failed: 'alert',
};

/** Builds the status as icon and text, because colour alone is not accessible (WCAG 1.4.1). */
export function statusBadge(status: MediaStatus): HTMLElement {
  return h('span', { class: 'status', 'data-tone': status }, icon(icons[status]), texts.status[status]);
}
