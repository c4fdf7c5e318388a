import { chooseTheme, currentTheme, themes, type Theme } from '../../state/theme';
import { fill, h } from '../../ui/dom';
import { icon, type IconName } from '../../ui/icons';
import { texts } from '../../ui/texts';

const icons: Record<Theme, IconName> = { system: 'screen', light: 'sun', dark: 'moon' };

/** Lets the user choose the theme: system, light or dark. */
export class ThemeSwitch extends HTMLElement {
  connectedCallback(): void {
    const current = currentTheme();
    fill(
      this,
      h(
        'fieldset',
        { class: 'segments' },
        h('legend', { class: 'visually-hidden' }, texts.profile.appearance),
        ...themes.map((theme) => choice(theme, theme === current)),
      ),
    );
  }
}

function choice(theme: Theme, checked: boolean): HTMLElement {
  return h(
    'label',
    { class: 'segment' },
    h('input', {
      type: 'radio',
      name: 'theme',
      value: theme,
      checked,
      class: 'visually-hidden',
      onchange: () => chooseTheme(theme),
    }),
    icon(icons[theme]),
    texts.profile.themes[theme],
  );
}

declare global {
  interface HTMLElementTagNameMap {
    'theme-switch': ThemeSwitch;
  }
}
