import type { Preferences, PreferencesRequest } from '#contracts';
import { api } from '../../network/api';
import { load } from '../../network/load';
import { messageOf } from '../../network/problem';
import { fill, h, type Child } from '../../ui/dom';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import { problemState } from '../base/page-parts';

const t = texts.profile;
type Type = keyof typeof t.noticeTypes;
const types = Object.keys(t.noticeTypes) as Type[];
const modes = ['off', 'immediately', 'daily'] as const;

/** Builds the table of what a user is notified of by which channel. Each change is saved at once. */
export function notificationSettings(signal: AbortSignal): HTMLElement {
  const body = h('div', { class: 'notices' });
  void load(() => Promise.all([api.preferences(signal), api.mailbox(signal)]), signal)
    .then(([preferences, { bounce }]) =>
      fill(
        body,
        bounce && h('p', { class: 'form-alert', role: 'status' }, t.bounced(bounce.email, bounce.reply)),
        table(preferences),
      ),
    )
    .catch((error: unknown) => signal.aborted || fill(body, problemState(error)));
  return body;
}

function table(preferences: Preferences): HTMLElement {
  const heads = [t.noticeApp, t.noticeEmail, t.noticeWebhook].map((text) => h('th', { scope: 'col' }, text));
  return h(
    'table',
    {},
    h('thead', {}, h('tr', {}, h('td'), ...heads)),
    h('tbody', {}, ...types.map((type) => row(type, preferences))),
  );
}

function row(type: Type, preferences: Preferences): HTMLElement {
  const isOfDrop = type === 'drop.finished';
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, t.noticeTypes[type]),
    h('td', {}, isOfDrop ? null : checkbox(type, 'inApp', t.noticeApp, preferences[type].inApp)),
    h('td', {}, emailMode(type, preferences[type].email)),
    h('td', {}, isOfDrop ? null : checkbox(type, 'webhook', t.noticeWebhook, preferences[type].webhook)),
  );
}

function checkbox(
  type: Exclude<Type, 'drop.finished'>,
  channel: 'inApp' | 'webhook',
  label: string,
  on: boolean,
): Child {
  const input = h('input', { type: 'checkbox', 'aria-label': t.noticeFor(label, t.noticeTypes[type]) });
  input.checked = on;
  const restore = () => (input.checked = !input.checked);
  input.addEventListener('change', () => void save({ [type]: { [channel]: input.checked } }, restore));
  return input;
}

function emailMode(type: Type, current: (typeof modes)[number]): Child {
  const label = t.noticeFor(t.noticeEmail, t.noticeTypes[type]);
  const select = h(
    'select',
    { 'aria-label': label },
    ...modes.map((mode) => h('option', { value: mode, selected: mode === current }, t.emailModes[mode])),
  );
  let saved: string = current;
  select.addEventListener('change', () => {
    const wanted = select.value as (typeof modes)[number];
    void save({ [type]: { email: wanted } }, () => (select.value = saved)).then(
      (isSaved) => isSaved && (saved = wanted),
    );
  });
  return select;
}

async function save(changes: PreferencesRequest, restore: () => unknown): Promise<boolean> {
  try {
    await api.updatePreferences(changes);
    toast(t.noticesSaved);
    return true;
  } catch (error) {
    restore();
    toast(messageOf(error));
    return false;
  }
}
