import type { NodemailerError, Transporter } from 'nodemailer';
import { DependencyUnavailableError } from '../errors';
import { MailRejectedError, type Mail, type Mailer } from './mail';
import { toMessage, type Sender } from './message';

/** Less than a job may hold a consumer: a server that hangs delays mails and nothing else. */
const TIMEOUTS = { connectionTimeout: 5_000, greetingTimeout: 5_000, dnsTimeout: 5_000, socketTimeout: 15_000 };
const CONNECTIONS = 2;
/** How long the outcome of the latest mail or check is the answer of `check`: probes must not flood the server. */
const CHECKED_MS = { ok: 60_000, failed: 10_000 };

/** A mail server: `smtp://` (with STARTTLS where the server offers it) or `smtps://`, also that of Amazon SES. */
export class SmtpMailer implements Mailer {
  private transport: Promise<Transporter> | null = null;
  private latest: { at: number; error: unknown } | null = null;

  constructor(
    private readonly url: string,
    private readonly sender: Sender,
  ) {}

  async send(mail: Mail): Promise<void> {
    const transport = await this.connect();
    await this.record(transport.sendMail(toMessage(mail, this.sender)));
  }

  async check(): Promise<void> {
    const { at, error } = this.latest ?? { at: 0, error: null };
    if (Date.now() - at > (error ? CHECKED_MS.failed : CHECKED_MS.ok))
      return this.record((await this.connect()).verify());
    if (error) throw error;
  }

  close(): void {
    void this.transport?.then((transport) => transport.close());
  }

  private connect(): Promise<Transporter> {
    return (this.transport ??= import('nodemailer').then(({ createTransport }) => {
      const transport = createTransport({ url: this.url, pool: true, maxConnections: CONNECTIONS, ...TIMEOUTS });
      transport.on('error', () => {}); // of an idle connection: the next mail opens another
      return transport;
    }));
  }

  private async record(work: Promise<unknown>): Promise<void> {
    try {
      await work;
      this.latest = { at: Date.now(), error: null };
    } catch (error) {
      const rejected = rejectionOf(error as NodemailerError);
      if (rejected) throw rejected;
      const unavailable = new DependencyUnavailableError('mail', error);
      this.latest = { at: Date.now(), error: unavailable };
      throw unavailable;
    }
  }
}

/** The commands whose refusal concerns one mail. That of any other (login, sender) is a mistake in the settings. */
const ABOUT_THE_MAIL = new Set(['RCPT TO', 'DATA']);

/** "Authentication required" (RFC 4954 section 6), which a server may answer to any command. */
const AUTHENTICATION_REQUIRED = 530;

function rejectionOf(error: NodemailerError): MailRejectedError | null {
  const isAboutTheMail = ABOUT_THE_MAIL.has(error.command ?? '') && error.responseCode !== AUTHENTICATION_REQUIRED;
  if (!error.permanent || !isAboutTheMail) return null;
  const reply = (error.response ?? error.message).replaceAll(/\s+/g, ' ').slice(0, 200);
  return new MailRejectedError(reply, { cause: error });
}
