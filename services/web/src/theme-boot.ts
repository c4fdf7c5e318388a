import { applyTheme, currentTheme } from './state/theme';

// A separate blocking script (the Content-Security-Policy forbids inline ones), which runs before the first paint, so
// that the page does not flash in another theme.
applyTheme(currentTheme());
