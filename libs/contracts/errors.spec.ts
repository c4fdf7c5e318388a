import { failures, problems } from './errors';

/** A message says what happened, or whose fault it is, and then what to do next. */
const NEXT_STEP = /\b(?:Check|Upload|Choose|Try again|try again|upload)\b/;

describe('error messages', () => {
  it.each(Object.entries(failures))(
    'of %s have at least two sentences and say what to do next',
    (_code, [message, retryable]) => {
      expect(message.split(/[.:;] /).length).toBeGreaterThan(1);
      expect(message).toMatch(NEXT_STEP);
      expect(/try again/i.test(message)).toBe(retryable); // the advice and the retry button appear together
    },
  );

  it.each(Object.entries(problems))(
    'of %s have an error status, a title and a detail that is a sentence',
    (_code, [status, title, detail]) => {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(title).not.toBe('');
      expect(detail).toMatch(/^[A-Z].*\.$/);
    },
  );
});
