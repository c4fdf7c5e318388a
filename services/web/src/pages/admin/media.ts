import type { AdminMedium, AdminRetryRequest, MediaKind, MediaStatus } from '#contracts';
import { statusBadge } from '../../elements/base/status-badge';
import { timeAgo } from '../../elements/base/time-ago';
import { adminApi } from '../../network/admin-api';
import { messageOf } from '../../network/problem';
import { changeAddress } from '../../state/router';
import { confirmDialog } from '../../ui/confirm-dialog';
import { h, setText, type Child } from '../../ui/dom';
import { formatBytes } from '../../ui/format';
import { texts as shared } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import { choice, filterForm, searchBox } from './filter-form';
import { adminPage } from './frame';
import { LiveTable, rowButton } from './live-table';
import { adminTexts } from './texts';

const texts = adminTexts.media;
const filterNames = ['q', 'status', 'kind', 'code', 'userId'] as const;
type Filter = Record<(typeof filterNames)[number], string>;

const failureCodes = [
  'invalid_media',
  'truncated_media',
  'no_media_stream',
  'unsupported_codec',
  'encrypted_media',
  'too_complex',
  'processing_timeout',
  'crashed_worker',
  'original_missing',
  'processing_error',
];

/** Builds the page `/admin/media`. */
export const adminMediaPage = adminPage('media', ({ signal, query }) => {
  let filter = Object.fromEntries(filterNames.map((name) => [name, query.get(name) ?? ''])) as Filter;
  const selected = new Set<string>();
  const retry = async (request: AdminRetryRequest): Promise<void> => {
    const { retried, refused, more } = await adminApi.retry(request);
    toast(texts.retried(retried, refused.length, more), refused.length > 0 ? 'bad' : 'ok');
    selected.clear();
    await table.reload();
  };
  const bar = retryBar(selected, retry, () => filter);
  const table: LiveTable<AdminMedium> = new LiveTable({
    caption: texts.caption,
    none: texts.none,
    keyOf: ({ id }) => id,
    read: (cursor, ending) => adminApi.media({ ...filter, cursor }, ending),
    columns: columns(selected, retry, () => bar.update()),
    changed: (items) => {
      const failed = new Set(items.filter(({ status }) => status === 'failed').map(({ id }) => id));
      for (const id of selected) if (!failed.has(id)) selected.delete(id);
      bar.update();
    },
    signal,
  });
  const filters = filterForm(fields(filter), (values) => {
    filter = { ...filter, ...values };
    selected.clear();
    const given = Object.entries(filter).filter(([, value]) => value);
    changeAddress(`/admin/media${given.length > 0 ? `?${new URLSearchParams(given).toString()}` : ''}`);
    void table.reload();
  });
  const owner = filter.userId
    ? h('p', { class: 'admin-note' }, texts.ofOwner, ' ', h('a', { href: '/admin/media' }, texts.allOwners))
    : null;
  return { content: [filters, owner, bar.element, table.element], ready: table.reload() };
});

function fields({ q, status, kind, code }: Filter): HTMLElement[] {
  const statuses = { ...shared.status } as Record<MediaStatus, string>;
  const kinds = { ...shared.library.kinds } as Record<MediaKind, string>;
  const codes = Object.fromEntries(failureCodes.map((name) => [name, name]));
  return [
    searchBox(texts.search, q),
    choice('status', { label: texts.status, any: texts.anyStatus, value: status }, statuses),
    choice('kind', { label: texts.kind, any: texts.anyKind, value: kind }, kinds),
    choice('code', { label: texts.code, any: texts.anyCode, value: code }, codes),
  ];
}

function columns(
  selected: Set<string>,
  retry: (request: AdminRetryRequest) => Promise<void>,
  changed: () => void,
): LiveTableColumns {
  return [
    { label: texts.select(''), isControl: true, cell: (item) => selectBox(item, selected, changed) },
    { label: texts.medium, cell: titleCell },
    { label: texts.owner, cell: ({ username }) => username ?? texts.deletedOwner },
    { label: texts.status, cell: statusCell },
    { label: texts.size, cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
    { label: texts.uploaded, cell: ({ createdAt }) => timeAgo(createdAt) },
    {
      label: adminTexts.users.actions,
      isControl: true,
      cell: ({ id, title, status }) =>
        status === 'failed'
          ? rowButton('retry', { text: texts.retry, label: texts.retryOf(title) }, () => retry({ ids: [id] }))
          : null,
    },
  ];
}

type LiveTableColumns = ConstructorParameters<typeof LiveTable<AdminMedium>>[0]['columns'];

function selectBox({ id, title, status }: AdminMedium, selected: Set<string>, changed: () => void): Child {
  if (status !== 'failed') return null;
  const box = h('input', {
    type: 'checkbox',
    'aria-label': texts.select(title),
    'data-control': 'select',
    checked: selected.has(id),
  });
  box.addEventListener('change', () => {
    if (box.checked) selected.add(id);
    else selected.delete(id);
    changed();
  });
  return box;
}

const titleCell = ({ title, filename }: AdminMedium): Child[] => [
  h('strong', { dir: 'auto' }, title),
  h('span', { class: 'admin-detail admin-block', dir: 'auto' }, filename),
];

const statusCell = ({ status, failure, round }: AdminMedium): Child[] => [
  statusBadge(status),
  round > 1 ? h('span', { class: 'tag-note' }, texts.round(round)) : null,
  failure ? h('span', { class: 'admin-detail admin-block' }, `${failure.code}: ${failure.message}`) : null,
];

function barButton(run: () => Promise<void>): HTMLButtonElement {
  const onclick = (): void => void run().catch((error: unknown) => toast(messageOf(error), 'bad'));
  return h('button', { type: 'button', class: 'button', onclick });
}

function retryBar(
  selected: ReadonlySet<string>,
  retry: (request: AdminRetryRequest) => Promise<void>,
  filter: () => Filter,
): { element: HTMLElement; update: () => void } {
  const some = barButton(() => retry({ ids: [...selected] }));
  const all = barButton(async () => {
    const question = { title: texts.retryAllTitle, lead: texts.retryAllLead, confirm: texts.retry };
    if (!(await confirmDialog(question))) return;
    const given = Object.fromEntries(Object.entries(filter()).filter(([, value]) => value));
    await retry({ filter: given });
  });
  setText(all, texts.retryAll);
  const update = (): void => {
    some.hidden = selected.size === 0;
    setText(some, texts.retrySelected(selected.size));
    all.hidden = !['', 'failed'].includes(filter().status);
  };
  return { element: h('div', { class: 'button-row admin-bar' }, some, all), update };
}
