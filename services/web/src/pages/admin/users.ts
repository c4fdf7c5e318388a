import type { AdminUser, AdminUserChange } from '#contracts';
import { field } from '../../elements/base/field';
import { form } from '../../elements/base/form';
import { timeAgo } from '../../elements/base/time-ago';
import { adminApi } from '../../network/admin-api';
import { confirmDialog, openDialog } from '../../ui/confirm-dialog';
import { h, type Child } from '../../ui/dom';
import { formatBytes, formatNumber } from '../../ui/format';
import { toast } from '../../ui/toasts';
import { filterForm, searchBox } from './filter-form';
import { adminPage } from './frame';
import { LiveTable, rowButton } from './live-table';
import { adminTexts } from './texts';

const texts = adminTexts.users;
const GB = 1e9;

/** Builds the page `/admin/users`. */
export const adminUsersPage = adminPage('users', ({ signal, query }) => {
  let filter = { q: query.get('q') ?? '' };
  const table: LiveTable<AdminUser> = new LiveTable({
    caption: texts.caption,
    none: texts.none,
    keyOf: ({ id }) => id,
    read: (cursor, ending) => adminApi.users({ ...filter, cursor }, ending),
    columns: [
      { label: texts.user, cell: nameCell },
      { label: texts.role, cell: ({ role }) => texts.roles[role] },
      { label: texts.joined, cell: ({ createdAt }) => timeAgo(createdAt) },
      { label: texts.media, cell: mediaCell },
      { label: texts.storage, cell: ({ bytes }) => formatBytes(bytes) },
      {
        label: texts.quota,
        cell: ({ quotaBytes }) => (quotaBytes === null ? texts.serverQuota : formatBytes(quotaBytes)),
      },
      { label: texts.actions, isControl: true, cell: (user) => actions(user, table) },
    ],
    signal,
  });
  const search = filterForm([searchBox(texts.search, filter.q)], (values) => {
    filter = { q: values['q'] ?? '' };
    void table.reload();
  });
  return { content: [search, table.element], ready: table.reload() };
});

function nameCell({ username, email, disabled }: AdminUser): Child[] {
  return [
    h('strong', { dir: 'auto' }, username),
    disabled ? h('span', { class: 'tag-note' }, texts.disabled) : null,
    h('span', { class: 'admin-detail admin-block' }, email),
  ];
}

function mediaCell({ id, username, media, failed }: AdminUser): Child[] {
  const link = h(
    'a',
    { href: `/admin/media?userId=${id}`, 'aria-label': texts.mediaOf(formatNumber(media), username) },
    formatNumber(media),
  );
  return [link, failed > 0 ? h('span', { class: 'admin-detail admin-block' }, texts.failed(failed)) : null];
}

function actions(user: AdminUser, table: LiveTable<AdminUser>): HTMLElement {
  const { username, disabled, role } = user;
  const change = async (body: AdminUserChange): Promise<void> => {
    table.update(await adminApi.changeUser(user.id, body));
    toast(adminTexts.changed);
  };
  const button = (control: string, text: string, run: () => Promise<unknown>, danger = false): HTMLElement =>
    rowButton(control, { text, label: texts.of(text, username), danger }, run);
  return h(
    'div',
    { class: 'admin-actions' },
    button('disable', disabled ? texts.enable : texts.disable, async () => {
      const question = { title: texts.disableTitle(username), lead: texts.disableLead, confirm: texts.disable };
      if (disabled || (await confirmDialog(question))) await change({ disabled: !disabled });
    }),
    button('role', role === 'admin' ? texts.demote : texts.promote, () =>
      change({ role: role === 'admin' ? 'user' : 'admin' }),
    ),
    button('quota', texts.setQuota, async () => askForQuota(user, change)),
    button('delete', texts.remove, () => remove(user, table), true),
  );
}

async function remove({ id, username }: AdminUser, table: LiveTable<AdminUser>): Promise<void> {
  const question = { title: texts.removeTitle(username), lead: texts.removeLead, confirm: texts.removeConfirm };
  if (!(await confirmDialog(question))) return;
  await adminApi.deleteUser(id);
  toast(texts.removed(username));
  await table.reload();
}

function askForQuota({ username, quotaBytes }: AdminUser, change: (body: AdminUserChange) => Promise<void>): void {
  const dialog = openDialog(
    texts.quotaTitle(username),
    form(
      {
        submit: texts.quotaSave,
        cancel: () => dialog.close(),
        action: async ({ quotaBytes: text = '' }) => {
          const bytes = Math.round(Number(text.trim().replace(',', '.')) * GB);
          await change({ quotaBytes: text.trim() === '' ? null : bytes });
          dialog.close();
        },
      },
      field({
        label: texts.quotaLabel,
        name: 'quotaBytes',
        value: quotaBytes === null ? '' : String(quotaBytes / GB),
        hint: texts.quotaHint,
        autocomplete: 'off',
        pattern: String.raw`\s*\d{0,6}([.,]\d{1,9})?\s*`,
        patternMessage: texts.quotaPattern,
      }),
    ),
  );
}
