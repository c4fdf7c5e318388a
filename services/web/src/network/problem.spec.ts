import { parseProblem } from './problem';

test('says when to try again, in minutes', () => {
  const body = JSON.stringify({ code: 'too_many_attempts', detail: 'Wait for the time in Retry-After.' });
  expect(parseProblem(429, body, '662').message).toBe('There were too many attempts. Try again in 12 minutes.');
  expect(parseProblem(429, body, '5').message).toBe('There were too many attempts. Try again in 1 minute.');
  expect(parseProblem(429, body).message).toBe('Wait for the time in Retry-After.');
});

test('describes a body that is not a problem', () => {
  expect(parseProblem(502, '<html>').message).toMatch(/\(502\)/);
});
