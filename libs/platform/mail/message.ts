import type { SendMailOptions } from 'nodemailer';
import type { Mail } from './mail';

export interface Sender {
  /** Name and address, such as `SnapStream <media@example.org>`. */
  from: string;
  /** Signs mails (RFC 6376); `keySelector` names the DNS record of the public key. */
  dkim?: { keySelector: string; privateKey: string };
}

/** Returns the domain of the address in `from`. */
export const domainOf = (from: string): string => /@([^@>\s]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';

/**
 * Returns a mail as nodemailer composes it. The headers of one-click unsubscription are set by hand: nodemailer's own
 * option writes `List-Unsubscribe-Post` as an address (RFC 8058 section 3.1 wants the bare parameter).
 */
export function toMessage(mail: Mail, { from, dkim }: Sender): SendMailOptions {
  const domain = domainOf(from);
  return {
    from,
    to: mail.to,
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    messageId: `<${mail.id}@${domain}>`,
    headers: {
      'Auto-Submitted': 'auto-generated', // RFC 3834: no automatic replies
      ...(mail.unsubscribeUrl && {
        'List-Unsubscribe': `<${mail.unsubscribeUrl}>`,
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }),
    },
    // mails contain text of users only, but no option may make the library read a file or an address
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(dkim && { dkim: { domainName: domain, ...dkim } }),
  };
}
