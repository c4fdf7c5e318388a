import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DependencyUnavailableError } from '../errors';
import { aMail, FROM, mailerContract } from './mail.contract';
import { MailFolder } from './mail.file';

const temporary = () => mkdtemp(join(tmpdir(), 'mail-'));

mailerContract('MailFolder', async () => {
  const dir = await temporary();
  const folder = join(dir, 'mail');
  return {
    mailer: new MailFolder(folder, { from: FROM }),
    arrived: async () => Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8'))),
    stop: () => rm(dir, { recursive: true, force: true }),
  };
});

describe('MailFolder', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await temporary();
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('keeps the latest mails, each in one private file, also if it is sent again', async () => {
    const mailer = new MailFolder(dir, { from: FROM }, 2);
    for (const id of ['01A', '01B', '01C', '01C']) await mailer.send(aMail({ id }));
    expect((await readdir(dir)).toSorted()).toEqual(['01B.eml', '01C.eml']);
    expect((await stat(join(dir, '01C.eml'))).mode & 0o777).toBe(0o600);
  });

  it('rejects when the folder cannot be written', async () => {
    await writeFile(join(dir, 'file'), '');
    const mailer = new MailFolder(join(dir, 'file'), { from: FROM });
    await expect(mailer.send(aMail())).rejects.toThrow(DependencyUnavailableError);
    await expect(mailer.check()).rejects.toThrow(DependencyUnavailableError);
  });
});
