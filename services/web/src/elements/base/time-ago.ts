import { h, setText } from '../../ui/dom';
import { formatAgo, formatDateTime } from '../../ui/format';

const updateMs = 30_000;

/** Builds a time as `3 minutes ago`, which `updateTimes` keeps true. */
export function timeAgo(iso: string): HTMLTimeElement {
  return h('time', { datetime: iso, title: formatDateTime(iso), 'data-ago': true }, formatAgo(iso));
}

/** Updates the relative times of the page twice a minute. */
export function updateTimes(): void {
  setInterval(() => {
    for (const time of document.querySelectorAll<HTMLTimeElement>('time[data-ago]'))
      setText(time, formatAgo(time.dateTime));
  }, updateMs);
}
