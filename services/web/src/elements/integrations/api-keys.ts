import type { ApiKey, ApiKeyScope } from '#contracts';
import { integrationsApi } from '../../network/integrations-api';
import { confirmDialog } from '../../ui/confirm-dialog';
import { fragment, h, uniqueId } from '../../ui/dom';
import { formatAgo, formatDate } from '../../ui/format';
import { integrationTexts as t } from '../../ui/integration-texts';
import { field } from '../base/field';
import { form } from '../base/form';
import { choices, chosen } from './choices';
import { liveList } from './live-list';
import { showOnce } from './shown-once';

const scopes = Object.keys(t.scopeNames) as ApiKeyScope[];
const dayMs = 86_400_000;

/** Builds the list of the user's API keys, and the form that creates one. */
export function apiKeys(signal: AbortSignal): DocumentFragment {
  const list = liveList(integrationsApi.keys, row, { empty: t.noKeys, signal });
  const create = form(
    {
      submit: t.createKey,
      action: async (values, element) => {
        const days = Number(values['expiry']);
        const expiresAt = days > 0 ? new Date(Date.now() + days * dayMs).toISOString() : null;
        const request = { name: values['name'] ?? '', scopes: chosen(values, scopes), expiresAt };
        const { key } = await integrationsApi.createKey(request);
        element.reset();
        showOnce(t.keyTitle, t.keyOnce, key);
        await list.refresh();
      },
    },
    field({ label: t.keyName, name: 'name', hint: t.keyNameHint, required: true, maxLength: 100, autocomplete: 'off' }),
    choices(
      t.scopes,
      scopes.map((name) => {
        const [label, lead] = t.scopeNames[name];
        return { name, label, lead, checked: name === 'media:read' };
      }),
    ),
    expiryField(),
  );
  return fragment(list.element, create);

  function row(key: ApiKey): HTMLElement {
    const revoke = async (): Promise<void> => {
      const question = { title: t.revokeTitle(key.name), lead: t.revokeLead, confirm: t.revoke };
      if (await confirmDialog(question)) await list.change(() => integrationsApi.revokeKey(key.id), t.revoked);
    };
    return h(
      'li',
      { class: 'session integration' },
      h('div', {}, h('p', { class: 'session-device' }, key.name), h('p', { class: 'session-meta' }, metaOf(key))),
      h(
        'button',
        { type: 'button', class: 'button small', 'aria-label': t.revokeOf(key.name), onclick: () => void revoke() },
        t.revoke,
      ),
    );
  }
}

function metaOf({ ending, scopes: allowed, lastUsedAt, expiresAt }: ApiKey): string {
  const used = lastUsedAt ? t.usedAt(formatAgo(lastUsedAt)) : t.neverUsed;
  const isExpired = expiresAt !== null && Date.parse(expiresAt) < Date.now();
  const validity = isExpired ? t.expired : expiresAt && t.expiresOn(formatDate(expiresAt));
  return t.keyMeta(ending, allowed.join(', '), validity ? `${used} · ${validity}` : used);
}

function expiryField(): HTMLElement {
  const id = uniqueId('expiry');
  // the order of the object would put '' first, since the others are whole numbers
  const options = ['30', '90', '365', ''] as const;
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, t.expiry),
    h('select', { id, name: 'expiry' }, ...options.map((value) => h('option', { value }, t.expiries[value]))),
  );
}
