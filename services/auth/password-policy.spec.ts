import { ProblemError } from '#nest';
import { assertStrongPassword } from './password-policy';

const owner = { username: 'Margarethe', email: 'Greta.Muster@example.com' };
const messageFor = (password: string) => {
  try {
    assertStrongPassword(password, owner, 'newPassword');
    return null;
  } catch (error) {
    const { errors } = (error as ProblemError).toBody();
    expect(errors).toHaveLength(1);
    expect(errors![0]!.path).toBe('newPassword');
    return errors![0]!.message;
  }
};

describe('assertStrongPassword', () => {
  it.each([
    'password',
    'PASSWORD1',
    'qwertyuiop',
    'iloveyou',
    'trustno1',
    'aaaaaaaa',
    '12345678901234',
    'hgfedcba',
    '0987654321',
    'qwertyuiopqw',
    '123123123',
    'ｐａｓｓｗｏｒｄ',
    'Passw0rd!',
    'Password!1',
    'secret123',
    'password ',
    'snapstream',
    '!!Dragon2024!!',
  ])('rejects %s as too common', (password) => {
    expect(messageFor(password)).toContain('common');
  });

  it.each(['margarethe', 'GRETA.MUSTER', 'greta.muster@example.com'])('rejects %s as personal', (password) => {
    expect(messageFor(password)).toContain('your own name');
  });

  it.each([
    'correct horse battery staple',
    'margarethe likes tea',
    'secret garden wall 1',
    'x7dragon-kv9q',
    'aaaaaaab',
    'pässwörd-mit-ö',
    '🦊🦉🐝🐙🦔🐢🦋🐞',
  ])('accepts %s', (password) => {
    expect(messageFor(password)).toBeNull();
  });
});
