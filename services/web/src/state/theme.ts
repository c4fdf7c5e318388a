/** The colour of the browser's own bars: the background of each theme in tokens.css. */
const barColours = { light: '#f7f5f1', dark: '#171513' };
export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'snapstream.theme';

/** Returns the stored theme of this browser, `system` by default. */
export function currentTheme(): Theme {
  const stored = read();
  return themes.find((theme) => theme === stored) ?? 'system';
}

/** Sets the theme for this browser; `system` follows the preference of the device. */
export function chooseTheme(theme: Theme): void {
  applyTheme(theme);
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Storage may be blocked; the choice then lasts as long as the page.
  }
}

/** Shows a theme without storing it. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')) {
    const ofDevice = meta.media.includes('dark') ? 'dark' : 'light';
    meta.content = barColours[theme === 'system' ? ofDevice : theme];
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
