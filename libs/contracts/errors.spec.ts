import { failures, problems } from './errors';

/** What happened, or whose fault it is; then what to do next. */
const SAYS_WHAT_TO_DO = /\b(?:Check|Upload|Choose|Try again|try again|upload)\b/;

describe('what people are told', () => {
  it.each(Object.entries(failures))(
    'of %s is two sentences at least, and says what to do next',
    (_code, [message, retryable]) => {
      expect(message.split(/[.:;] /).length).toBeGreaterThan(1);
      expect(message).toMatch(SAYS_WHAT_TO_DO);
      expect(/try again/i.test(message)).toBe(retryable); // no advice without its button, no button without advice
    },
  );

  it.each(Object.entries(problems))(
    'of %s ends as a sentence does, and promises no stack',
    (_code, [status, title, detail]) => {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(title).not.toBe('');
      expect(detail).toMatch(/^[A-Z].*\.$/);
    },
  );
});
