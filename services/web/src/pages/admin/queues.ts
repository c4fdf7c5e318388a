import type { AdminQueue } from '#contracts';
import { adminApi } from '../../network/admin-api';
import { confirmDialog } from '../../ui/confirm-dialog';
import { h } from '../../ui/dom';
import { formatNumber, formatWait } from '../../ui/format';
import { toast } from '../../ui/toasts';
import { adminPage } from './frame';
import { LiveTable, rowButton } from './live-table';
import { adminTexts } from './texts';

const texts = adminTexts.queues;

/** Builds the page `/admin/queues`. */
export const adminQueuesPage = adminPage('queues', ({ signal }) => {
  const toggle = async ({ name, paused }: AdminQueue): Promise<void> => {
    const isSure =
      paused || (await confirmDialog({ title: texts.pauseTitle(name), lead: texts.pauseLead, confirm: texts.pause }));
    if (!isSure) return;
    table.update(await adminApi.setPaused(name, !paused));
    toast(adminTexts.changed);
  };
  const table: LiveTable<AdminQueue> = new LiveTable({
    caption: texts.caption,
    none: texts.none,
    keyOf: ({ name }) => name,
    read: (_cursor, ending) => adminApi.queues(ending),
    columns: [
      { label: texts.queue, cell: ({ name }) => name },
      { label: texts.state, cell: ({ paused }) => (paused ? texts.paused : texts.running) },
      { label: texts.waiting, cell: ({ waiting }) => formatNumber(waiting) },
      { label: texts.active, cell: ({ active }) => formatNumber(active) },
      { label: texts.delayed, cell: ({ delayed }) => formatNumber(delayed) },
      { label: texts.failed, cell: ({ failed }) => formatNumber(failed) },
      {
        label: texts.oldest,
        cell: ({ oldestSeconds }) => (oldestSeconds === null ? '–' : formatWait(oldestSeconds)),
      },
      {
        label: adminTexts.users.actions,
        isControl: true,
        cell: (queue) => {
          const text = queue.paused ? texts.resume : texts.pause;
          return rowButton('toggle', { text, label: texts.of(text, queue.name) }, () => toggle(queue));
        },
      },
    ],
    signal,
  });
  const board = h('a', { class: 'button', href: '/api/admin/queues/board', target: '_blank' }, texts.board);
  return { content: [table.element, h('p', {}, board)], ready: table.reload() };
});
