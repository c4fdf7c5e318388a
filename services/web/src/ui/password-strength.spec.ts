import { strengthOf } from './password-strength';

const own = ['ann', 'ann@example.org', ''];

describe('strengthOf', () => {
  it.each([
    ['', 'empty'],
    ['1234567', 'short'],
    ['🎉🎉🎉🎉🎉🎉🎉', 'short'],
    ['Ann@Example.org', 'own'],
    ['12345678', 'weak'],
    ['aaaaaaaaaaaaaaaa', 'weak'],
    ['abcabcabcabc', 'weak'],
    ['qwertyuiopasdfghjkl', 'weak'],
    ['passpasspasspass', 'weak'],
    ['football1', 'weak'],
    ['password123', 'weak'],
    ['sunshine', 'weak'],
    ['trustno1', 'weak'],
    ['x7$Kp2qL', 'fair'],
    ['x7$Kp2qLw9!T', 'good'],
    ['a sentence of mine', 'strong'],
    ['ein Satz über Käse', 'strong'],
  ])('calls %j %s', (password, strength) => {
    expect(strengthOf(password, own)).toBe(strength);
  });
});
