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

/** The status as icon and word: colour alone says nothing. */
export function statusBadge(status: MediaStatus): HTMLElement {
  return h('span', { class: 'status', 'data-tone': status }, icon(icons[status]), texts.status[status]);
}
