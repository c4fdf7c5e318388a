import type { User } from '#contracts';
import { signOut } from '../../actions/sign-out';
import { api, exportUrl } from '../../network/api';
import { stats } from '../../state/stats';
import { openDialog } from '../../ui/confirm-dialog';
import { h } from '../../ui/dom';
import { formatBytes } from '../../ui/format';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import { forgetUser } from '../../upload/pending-files';
import { field, setFieldError } from '../base/field';
import { form } from '../base/form';

/** Opens a dialog that explains the deletion and requires the username and the password, against accidents. */
export function askToDeleteAccount(user: User): void {
  const t = texts.profile;
  const { total = 0, originalBytes = 0 } = stats.value ?? {};
  const steps = [t.deleteStepOut, t.deleteStepFiles(total, formatBytes(originalBytes)), t.deleteStepFree];
  const dialog = openDialog(
    t.deleteTitle,
    h('ol', { class: 'dialog-steps', role: 'list' }, ...steps.map((step) => h('li', {}, step))),
    total > 0 ? h('p', {}, t.exportFirst, ' ', h('a', { href: exportUrl, download: true }, t.export)) : null,
    form(
      {
        submit: t.deleteForGood,
        cancel: () => dialog.close(),
        danger: true,
        fieldOfCode: { wrong_password: 'password' },
        action: async ({ confirmation = '', password = '' }, element) => {
          if (confirmation.trim() !== user.username) {
            setFieldError(element, 'confirmation', t.typeMismatch);
            return;
          }
          await api.deleteAccount(password);
          dialog.close();
          void forgetUser(user.id);
          signOut();
          toast(t.deleted);
        },
      },
      field({ label: t.typeToConfirm(user.username), name: 'confirmation', autocomplete: 'off', required: true }),
      field({
        label: texts.auth.password,
        name: 'password',
        type: 'password',
        autocomplete: 'current-password',
        required: true,
      }),
    ),
    h(
      'button',
      { type: 'button', class: 'icon-button dialog-close', 'aria-label': texts.close, onclick: () => dialog.close() },
      icon('close'),
    ),
  );
}
