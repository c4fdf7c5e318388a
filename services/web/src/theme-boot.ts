import { applyTheme, currentTheme } from './state/theme';

// Runs before the first paint (a blocking script of its own; the policy forbids inline ones), so that nothing flashes.
applyTheme(currentTheme());
