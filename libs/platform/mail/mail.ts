/** A mail in both forms. */
export interface Mail {
  /** Unique per mail, the same at every attempt: it becomes the Message-ID. Letters, digits, `.` and `-`. */
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** For mails of a list that its recipient can leave: one-click unsubscription (RFC 8058). */
  unsubscribeUrl?: string;
}

/** A way to send mails. */
export interface Mailer {
  /**
   * Resolves when the mail was accepted. A repeat after an ambiguous failure has the same Message-ID, by which
   * mailboxes recognise a duplicate.
   * @throws {MailRejectedError} the recipient's server refuses it for good
   * @throws {DependencyUnavailableError} to be retried later
   */
  send(mail: Mail): Promise<void>;
  /** Rejects when mails cannot be sent. */
  check(): Promise<void>;
  close(): void;
}

/** The server refused the recipient or the mail permanently (5yz, RFC 5321 section 4.2.1): a retry cannot succeed. */
export class MailRejectedError extends Error {
  constructor(
    /** The reply of the server, on one line. */
    readonly reply: string,
    options?: ErrorOptions,
  ) {
    super(`the mail was refused: ${reply}`, options);
  }
}
