import type { Mail, Mailer } from './mail';
import { domainOf } from './message';

export interface MailerUnderTest {
  mailer: Mailer;
  /** Returns the sources of all mails that have arrived, in any order. */
  arrived(): Promise<string[]>;
  stop(): Promise<void>;
}

export const FROM = 'SnapStream <media@example.org>';
export const aMail = (overrides: Partial<Mail> = {}): Mail => ({
  id: '01J0000000000000000000MAIL',
  to: 'ann@example.com',
  subject: 'Größe "Ω"\r\nBcc: other@example.com',
  text: 'Hello Ann.\n',
  html: '<p>Hello Ann.</p>',
  ...overrides,
});

/** The contract suite of `Mailer`, run for each adapter. */
export function mailerContract(name: string, makeMailer: () => Promise<MailerUnderTest>): void {
  describe(`${name} as mailer`, () => {
    let subject: MailerUnderTest;
    beforeEach(async () => {
      subject = await makeMailer();
    });
    afterEach(async () => {
      subject.mailer.close();
      await subject.stop();
    });

    it('sends both forms under a Message-ID that follows from the id, and no header of the subject', async () => {
      await subject.mailer.send(aMail());
      const [source] = await subject.arrived();
      expect(source).toContain(`Message-ID: <01J0000000000000000000MAIL@${domainOf(FROM)}>`);
      expect(source).toContain('From: SnapStream <media@example.org>');
      expect(source).toContain('Auto-Submitted: auto-generated');
      expect(source).toMatch(/Content-Type: text\/plain/);
      expect(source).toMatch(/Content-Type: text\/html/);
      expect(source).not.toMatch(/^Bcc:/m);
      expect(source).not.toContain('List-Unsubscribe');
    });

    it('offers to unsubscribe with one click from mails of a list (RFC 8058)', async () => {
      const unsubscribeUrl = `https://media.example.org/api/unsubscribe/${'t'.repeat(90)}`;
      await subject.mailer.send(aMail({ unsubscribeUrl }));
      const [source] = await subject.arrived();
      expect(source!.replaceAll(/\r\n[ \t]/g, ' ')).toContain(`List-Unsubscribe: <${unsubscribeUrl}>`);
      expect(source).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
    });

    it('passes its health check', () => expect(subject.mailer.check()).resolves.toBeUndefined());
  });
}
