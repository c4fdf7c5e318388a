import type { AuditEntry } from '#contracts';
import { timeAgo } from '../../elements/base/time-ago';
import { adminApi } from '../../network/admin-api';
import { h } from '../../ui/dom';
import { adminPage } from './frame';
import { LiveTable } from './live-table';
import { adminTexts } from './texts';

const texts = adminTexts.audit;

/** Builds the page `/admin/audit`. */
export const adminAuditPage = adminPage('audit', ({ signal }) => {
  const table = new LiveTable<AuditEntry>({
    caption: texts.caption,
    none: texts.none,
    keyOf: ({ id }) => id,
    read: (cursor, ending) => adminApi.audit({ cursor }, ending),
    columns: [
      { label: texts.when, cell: ({ at }) => timeAgo(at) },
      { label: texts.who, cell: ({ actor }) => actor.username },
      { label: texts.what, cell: (entry) => [texts.actions[entry.action], details(entry)] },
      { label: texts.whom, cell: ({ target }) => target.name },
      { label: texts.from, cell: ({ from }) => from },
      {
        label: texts.outcome,
        cell: ({ outcome }) => (outcome === 'requested' ? texts.done : texts.refused(outcome)),
      },
    ],
    signal,
  });
  return { content: [table.element], ready: table.reload() };
});

function details({ details: given }: AuditEntry): HTMLElement | null {
  const text = Object.entries(given)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
  return text ? h('span', { class: 'admin-detail admin-block', dir: 'auto' }, text.slice(0, 200)) : null;
}
