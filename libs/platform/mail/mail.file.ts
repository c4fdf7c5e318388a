import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DependencyUnavailableError } from '../errors';
import type { Mail, Mailer } from './mail';
import { toMessage, type Sender } from './message';

/** The files that are kept; the oldest are deleted. */
const KEPT_FILES = 1_000;

/** A folder in place of a mail server: one file `<id>.eml` for each mail. A repeat replaces its own file. */
export class MailFolder implements Mailer {
  constructor(
    private readonly folder: string,
    private readonly sender: Sender,
    private readonly keptFiles = KEPT_FILES,
  ) {}

  async send(mail: Mail): Promise<void> {
    const { createTransport } = await import('nodemailer'); // lazy: 20 MB that most processes never need
    const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
    const { message } = await composer.sendMail(toMessage(mail, this.sender));
    const path = join(this.folder, `${mail.id}.eml`);
    await this.orUnavailable(async () => {
      await writeFile(`${path}.tmp`, message as Buffer, { mode: 0o600 });
      await rename(`${path}.tmp`, path); // complete or absent for programs that watch the folder
      await this.deleteOldest();
    });
  }

  check(): Promise<void> {
    return this.orUnavailable(async () => {});
  }

  close(): void {}

  /** The ids of mails begin with their time, so names sort by it. */
  private async deleteOldest(): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith('.eml')).toSorted();
    for (const name of names.slice(0, -this.keptFiles)) await rm(join(this.folder, name), { force: true });
  }

  private async orUnavailable(work: () => Promise<void>): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await work();
    } catch (error) {
      throw new DependencyUnavailableError('mail', error);
    }
  }
}
