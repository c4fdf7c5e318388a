const when = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

/** Every sentence of the mails, in English. Another language is another file with the same keys. */
export const english = {
  time: (iso: string) => `${when.format(new Date(iso))} UTC`,
  hello: (username: string) => `Hello ${username},`,
  timeLabel: 'Time',
  deviceLabel: 'Device',
  addressLabel: 'Network address',
  notYou: 'This was not you? Set a new password at once, and end the sessions that you do not know in your profile.',
  setPassword: 'Set a new password',
  linkOnce: (until: string) => `The link works once, until ${until}.`,

  toMedia: 'Open the library',
  preferences: 'Which mails you get is chosen in your profile.',
  more: (count: number) => `and ${count} more`,
  counts: (completed: number, failed: number) =>
    failed === 0 ? `${completed} ready` : `${completed} ready, ${failed} failed`,

  mediumFailed: {
    subject: (title: string) => `“${title}” could not be processed`,
    open: 'Open it',
  },
  mediumReady: {
    subject: (title: string) => `“${title}” is ready`,
    lead: 'It was processed and can be viewed now.',
    open: 'Open it',
  },
  dropFinished: {
    subject: (counts: string) => `Your upload is finished: ${counts}`,
    lead: 'All files that you added at once are processed.',
  },
  digest: {
    subject: (counts: string) => `Your day on SnapStream: ${counts}`,
    lead: 'What was processed since the last mail of this kind.',
  },
  unsubscribe: {
    title: 'Mails from SnapStream',
    question: (list: string) => `End the mails ${list}? Your account and all other mails stay as they are.`,
    submit: 'End these mails',
    done: (list: string) => `You get no more mails ${list}. Your profile has a switch to get them again.`,
    lists: {
      'media.completed': 'about media that are ready',
      'media.failed': 'about media that could not be processed',
      'drop.finished': 'about finished uploads',
      daily: 'with the summary of a day',
    },
  },
  welcome: {
    subject: 'Welcome to SnapStream',
    lead: 'Your account is ready. Confirm that this is your address, so that we can reach you.',
    confirm: 'Confirm this address',
    ignore: 'If you did not create this account, ignore this mail.',
  },
  confirmEmail: {
    subject: 'Confirm your e-mail address',
    lead: 'Confirm that this address is yours. It is used for your SnapStream account from then on.',
    confirm: 'Confirm this address',
    ignore: 'If you did not ask for this, ignore this mail: nothing changes.',
  },
  emailChangeRequested: {
    subject: 'A new e-mail address for your account',
    lead: (email: string) => `${email} is to become the address of your account. It counts once it is confirmed there.`,
  },
  emailChanged: {
    subject: 'Your e-mail address was changed',
    lead: (email: string) => `The address of your account is now ${email}. Mails no longer come here.`,
    notYou: 'This was not you? Contact the operator of this SnapStream at once.',
  },
  passwordReset: {
    subject: 'Set a new password',
    lead: 'A new password was requested for your account. Set it here.',
    ignore: 'If it was not you, ignore this mail: your password stays as it is.',
  },
  passwordChanged: {
    subject: 'Your password was changed',
    lead: 'The password of your account was changed. All other devices are logged out.',
    byOperator: 'The operator of this SnapStream has set it.',
  },
  newDevice: {
    subject: 'A sign-in from a new device',
    lead: 'Your account was used on a device that we have not seen before.',
  },
  accountDeleted: {
    subject: 'Your account was deleted',
    lead: 'Your account and all of its media are being erased. Nothing of them remains, and this is the last mail.',
    notYou: 'This was not you? Contact the operator of this SnapStream at once.',
  },
};

export type Strings = typeof english;
