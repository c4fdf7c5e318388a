import type { MediaKind, MediaStatus, SearchField } from '#contracts';
import type { ForeignFormat } from '../upload/sniff';
import type { Strength } from './password-strength';

const number = (count: number): string => count.toLocaleString(globalThis.navigator?.language);
const plural = (count: number, one: string, many: string): string => `${number(count)} ${count === 1 ? one : many}`;

const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
/** Isolates a title written from right to left, so that its sentence keeps its order (Unicode UAX 9: FSI, PDI). */
const isolate = (title: string): string => (rightToLeft.test(title) ? `\u2068${title}\u2069` : title);

/** Counts of the files of a drop by outcome. */
interface Outcome {
  ready: number;
  failed: number;
  duplicates: number;
  missing: number;
}

const foreignNames: Record<ForeignFormat, string> = {
  pdf: 'PDF documents',
  zip: 'ZIP archives and Office documents',
  archive: 'Archives',
  program: 'Programs',
  office: 'Office documents',
  database: 'Databases',
  svg: 'SVG drawings',
  playlist: 'Playlists',
  webPage: 'Web pages',
  text: 'Text files',
};
const foreignAdvice: Partial<Record<ForeignFormat, string>> = {
  zip: 'Unpack an archive, then choose the images, videos and sounds in it.',
  archive: 'Unpack them, then choose the images, videos and sounds in them.',
  svg: 'Export them as PNG.',
  playlist: 'Choose the videos or sounds themselves.',
};

/** All sentences and labels of the front end, in one place for translation. */
export const texts = {
  name: 'SnapStream',
  skipToContent: 'Skip to content',
  loading: 'Loading…',
  yes: 'Yes',
  no: 'No',
  tryAgain: 'Try again',
  cancel: 'Cancel',
  close: 'Close',
  loadMore: 'Load more',
  undo: 'Undo',

  nav: {
    label: 'Main',
    dashboard: 'Dashboard',
    media: 'My Media',
    upload: 'Upload',
    notifications: 'Notifications',
    profile: 'Profile',
    admin: 'Admin',
    logOut: 'Log out',
    unread: (count: number) => `${count} unread`,
  },

  keys: {
    title: 'Keys',
    list: [
      [['/'], 'Search the library'],
      [['←', '→', '↑', '↓'], 'Move through the library, or to the next medium'],
      [['Home', 'End'], 'First or last item'],
      [['x', 'Space'], 'Select an item'],
      [['Shift', 'arrows'], 'Select a range'],
      [['Ctrl', 'A'], 'Select all'],
      [['Delete'], 'Delete what is selected'],
      [['Ctrl', 'Z'], 'Undo a deletion'],
      [['f'], 'View a medium in full'],
      [['i'], 'Show or hide its details'],
      [['+', '−', '0'], 'Zoom, and fit to the window'],
      [['Esc'], 'Clear the selection, or go back'],
      [['?'], 'Show these keys'],
    ] satisfies [string[], string][],
  },

  connection: {
    noAnswer: 'SnapStream cannot be reached. Check your connection, then try again.',
    unreachable: 'No connection to SnapStream. Retrying automatically; nothing on this page is lost.',
    unavailable: 'A part of SnapStream is unavailable. Retrying automatically.',
    back: 'Connected again.',
  },

  problem: {
    unexpected: (status: number) => `Unexpected response from the server (${status}). Try again in a moment.`,
    unknown: 'Something went wrong. Reload the page. If it happens again, contact the operator.',
    checkFields: 'Check the marked fields.',
    tooManyAttempts: (wait: string) => `There were too many attempts. Try again in ${wait}.`,
  },

  auth: {
    loginTitle: 'Log in',
    loginLead: 'Your pictures, films and sounds are where you left them.',
    login: 'Log in',
    loggingIn: 'Logging in…',
    forgotten: 'Forgot your password?',
    toForgotten: 'Set a new one',
    forgottenTitle: 'Forgot your password?',
    forgottenLead: 'Enter the e-mail of your account. You get a link there to set a new password.',
    sendLink: 'Send the link',
    sendingLink: 'Sending…',
    linkSent: (email: string) =>
      `If there is an account with ${email}, a mail with a link is on its way. The link works once, for 30 minutes. ` +
      'Look in the spam folder, too.',
    noMail: 'No mail arrives? The operator of this SnapStream can set a new password as well.',
    rememberAgain: 'Remember it again?',
    resetTitle: 'Set a new password',
    resetLead: 'All devices are logged out, this one included. Then log in with the new password.',
    newPassword: 'New password',
    resetSubmit: 'Set password',
    resetDone: 'Your password is set. Log in with it.',
    linkIncomplete: 'The link is incomplete. Open it from the mail again, or copy all of it.',
    needLink: 'Link used or expired?',
    toNewLink: 'Get a new one',
    confirmEmailTitle: 'Confirm your e-mail address',
    confirmEmailLead: 'One click, and the address counts for your account.',
    confirmEmailSubmit: 'Confirm the address',
    emailConfirmed: 'Your e-mail address is confirmed.',
    needEmailLink: 'Link used or expired? Get a new one in your',
    toProfile: 'profile',
    noAccount: 'New here?',
    toRegister: 'Create an account',
    registerTitle: 'Create your account',
    registerLead: 'One place for every picture, film and sound. It takes a minute.',
    register: 'Create account',
    registering: 'Creating your account…',
    haveAccount: 'Have an account already?',
    toLogin: 'Log in instead',
    sessionEnded: 'Your session has ended. Log in to continue.',
    email: 'E-mail',
    username: 'Username',
    password: 'Password',
    usernameRule: '3 to 32 letters, digits or _ - .',
    passwordRule:
      'At least 8 characters; not your name or e-mail, and not a common password. ' +
      'A short sentence is easy to remember.',
    showPassword: 'Show password',
    hidePassword: 'Hide password',
    artTitle: 'Drop it in. Watch it land.',
    artLead: 'Thumbnails, waveforms and details appear while you look.',
  },

  field: {
    required: (label: string) => `${label} is required.`,
    email: 'Enter an e-mail like name@example.org.',
    tooShort: (least: number) => `Use at least ${least} characters.`,
    username: 'Use 3 to 32 letters, digits or the characters _ - .',
  },

  strength: {
    empty: '',
    short: 'At least 8 characters.',
    own: 'Do not use your own name or e-mail.',
    weak: 'Easy to guess. A few words are better.',
    fair: 'Fair. A few characters more make it good.',
    good: 'Good.',
    strong: 'Strong.',
  } satisfies Record<Strength, string>,

  dashboard: {
    title: 'Dashboard',
    greeting: (name: string) => `Good to see you, ${name}.`,
    counts: 'Counts',
    total: 'Total',
    completed: 'Ready',
    processing: 'Processing',
    failed: 'Failed',
    waiting: (count: number) => `${count} waiting`,
    storage: 'Storage',
    add: 'Add files',
    recent: 'Recent',
    seeAll: 'See all',
    attention: 'Needs attention',
    retryAll: 'Retry all',
    seeAllOf: (count: number) => `See all ${count}`,
    activity: 'Last 30 days',
    uploaded: 'Uploaded',
    today: 'Today',
    day: 'Day',
    activityTable: 'As a table',
    activityOn: (day: string, uploaded: number, completed: number, failed: number) =>
      `${day}: ${uploaded} uploaded, ${completed} ready, ${failed} failed`,
    activitySummary: (uploaded: number, completed: number, failed: number) =>
      `In the last 30 days ${uploaded} uploaded, ${completed} ready and ${failed} failed. ` +
      'The table below has each day.',
    emptyTitle: 'Drop your first files here',
    emptyLead: 'Images, videos and sounds; whole folders, too.',
  },

  storage: {
    used: (used: string) => `${used} used`,
    usedOf: (used: string, quota: string) => `${used} of ${quota} used`,
    originals: 'Originals',
    derived: 'Previews',
    derivedUncounted: 'Previews (not counted)',
  },

  upload: {
    title: 'Upload',
    /** `limit`: empty while it is not known. */
    lead: (formats: readonly string[], limit: string, hasMouse: boolean) => {
      const list = `${formats.slice(0, -1).join(', ')} and ${formats.at(-1)}`;
      return `${list}${limit && `, up to ${limit} each`}.${hasMouse ? ' Drop them anywhere on any page.' : ''}`;
    },
    takePicture: 'Use the camera',
    touchTitle: 'Add pictures, films and sounds',
    touchLead: 'Choose them, or take a picture or a film now.',
    choose: 'Choose files',
    chooseFolder: 'Choose a folder',
    dropTitle: 'Drop files here',
    dropLead: 'or choose them, or paste a picture',
    dropAnywhere: 'Drop to upload',
    dropAnywhereLead: 'Folders work, too.',
    trayTitle: 'Uploads',
    progressOf: (name: string) => `Progress of ${name}`,
    /** `done`: files that are settled, with any outcome. */
    done: (done: number, files: number) => (files === 1 ? '1 on the way' : `${number(done)} of ${number(files)} done`),
    outcome: ({ ready, failed, duplicates, missing }: Outcome) =>
      [
        ready > 0 && `${number(ready)} ready`,
        failed > 0 && `${number(failed)} failed`,
        duplicates > 0 && plural(duplicates, 'duplicate', 'duplicates'),
        missing > 0 && `${number(missing)} to choose again`,
      ]
        .filter(Boolean)
        .join(' · '),
    pauseAll: 'Pause all',
    resumeAll: 'Resume all',
    cancelAll: 'Cancel all',
    cancelAllTitle: (count: number) => `Cancel ${plural(count, 'upload', 'uploads')}?`,
    cancelAllLead:
      'These files are not uploaded, and this browser forgets them. What is uploaded already stays in your library.',
    cancelAllConfirm: 'Cancel uploads',
    keepUploading: 'Keep uploading',
    fold: (status: string, count: number, reason: string | null) => {
      if (status === 'completed') return `${number(count)} ready`;
      if (status === 'cancelled') return `${number(count)} cancelled`;
      const shared =
        status === 'missing' ? 'The browser did not keep them. Choose them again.' : 'You have them already.';
      return `${plural(count, 'file', 'files')}: ${reason ?? shared}`;
    },
    retryAll: 'Retry all',
    chooseAgain: 'Choose again',
    missing: 'The browser did not keep this file. Choose it again to upload it.',
    missingAt: (loaded: string) => `The browser did not keep this file. Choose it again to continue at ${loaded}.`,
    retryFailed: 'Retry failed',
    clearFinished: 'Clear finished',
    collapse: 'Collapse',
    expand: 'Expand',
    emptyRows: 'Files you add show up here and stay in sight until they are ready.',
    waiting: 'Waiting',
    uploading: 'Uploading',
    sending: (loaded: string, total: string) => `${loaded} of ${total}`,
    speed: (perSecond: string) => `${perSecond}/s`,
    left: (time: string) => `${time} left`.replaceAll(' ', '\u00a0'),
    saving: 'Storing…',
    queued: 'Queued',
    /** `position`: the number of files before it. */
    queuePosition: (position: number) => `Queued, position ${position + 1}`,
    eta: (low: string, high: string) => (low === high ? `about ${low}` : `${low} to ${high}`),
    processing: (progress: number) => `Processing, ${progress} %`,
    ready: 'Ready',
    open: 'Open',
    retry: 'Retry',
    cancel: 'Cancel',
    pause: 'Pause',
    resume: 'Resume',
    paused: (loaded: string, total: string) => `Paused at ${loaded} of ${total}`,
    duplicate: (title: string) => `You have this file already, as "${title}".`,
    uploadAnyway: 'Upload anyway',
    tooLarge: (limit: string) => `The file is larger than ${limit}. Choose a smaller one.`,
    storageFull: 'Your storage is full. Delete some files, then retry.',
    totalProgress: 'Progress of all uploads',
    remove: 'Remove from the list',
    cancelled: 'Cancelled',
    lost: 'The connection was lost. The upload continues automatically.',
    busy: 'An earlier upload of this file has not ended yet. This one continues automatically.',
    lostForGood: 'The connection was lost several times. Check it, then retry.',
    sessionEnded: 'Your session has ended. Log in, then retry.',
    empty: 'The file is empty. Check that it was saved completely.',
    unsupported: (format: ForeignFormat) =>
      `${foreignNames[format]} are not supported. ${foreignAdvice[format] ?? 'Choose images, videos or sounds.'}`,
    heic: 'HEIC is not supported. Convert the picture to JPG, then choose that.',
    unreadable: 'The file cannot be read. It may have been moved; choose it again.',
    seeThem: 'See them',
    batchSettled: ({ ready, failed, duplicates, missing, reason }: Outcome & { reason: string | null }) => {
      const others = [
        failed > 0 && `${number(failed)} failed`,
        duplicates > 0 && `${number(duplicates)} here already`,
        missing > 0 && `${plural(missing, 'file', 'files')} to choose again`,
      ].filter(Boolean);
      const counts =
        others.length === 0
          ? `${plural(ready, 'file is', 'files are')} ready`
          : [ready > 0 && `${number(ready)} ready`, ...others].filter(Boolean).join(', ');
      return `${counts}.${reason ? ` ${reason}` : ''}`;
    },
  },

  signOut: {
    title: (count: number) => `${plural(count, 'file is', 'files are')} not uploaded yet`,
    kept:
      'This browser keeps them, and continues when you log in here again within a day. ' +
      'On a computer that you share, cancel them first.',
    lost: 'They stop when you log out, and have to be chosen again.',
    confirm: 'Log out',
    dismiss: 'Stay logged in',
  },

  status: {
    uploaded: 'Queued',
    processing: 'Processing',
    completed: 'Ready',
    failed: 'Failed',
  } satisfies Record<MediaStatus, string>,

  kind: { image: 'Image', video: 'Video', audio: 'Audio' } satisfies Record<MediaKind, string>,

  library: {
    title: 'My Media',
    search: 'Search',
    searchPlaceholder: 'Search titles, tags and what is in them',
    statusFilter: 'Status',
    kindFilter: 'Kind',
    all: 'All',
    anyStatus: 'Any status',
    kinds: { image: 'Images', video: 'Videos', audio: 'Audio' } satisfies Record<MediaKind, string>,
    emptyTitle: 'Your library is empty',
    emptyLead: 'Drop images, videos or sounds here, and they show up.',
    noMatchTitle: 'Nothing matches',
    noMatchLead: 'Try another word, or remove a filter.',
    clearFilters: 'Clear filters',
    label: (name: string) => `With: ${name}`,
    flagged: 'Sensitive content',
    foundIn: {
      title: 'Title',
      filename: 'File name',
      tags: 'Tags',
      description: 'Description',
      labels: 'Objects',
      text: 'Text',
      speech: 'Speech',
    } satisfies Record<SearchField, string>,
    playFrom: (clock: string) => `Play from ${clock}`,
    removeFilter: (filter: string) => `Remove filter ${filter}`,
    order: 'Order',
    orders: { '': 'Newest first', asc: 'Oldest first' },
    loaded: (count: number) => plural(count, 'item', 'items'),
  },

  selection: {
    label: 'Selected items',
    select: (title: string) => `Select ${isolate(title)}`,
    count: (count: number) => `${number(count)} selected`,
    clear: 'Clear selection',
    all: 'Select all',
    selectMonth: 'Select',
    retry: (count: number) => `Retry ${number(count)}`,
    analyse: 'Analyse…',
  },

  removal: {
    askTitle: (count: number) => `Delete ${plural(count, 'item', 'items')}?`,
    askLead: 'You can undo this for a few seconds. Then the originals and everything made from them are erased.',
    done: (count: number, title: string) =>
      count === 1 ? `“${isolate(title)}” was deleted.` : `${plural(count, 'item was', 'items were')} deleted.`,
    kept: (count: number) => `${plural(count, 'item', 'items')} could not be deleted. Try again.`,
  },

  media: {
    delete: 'Delete',
    deleteNamed: (title: string) => `Delete ${isolate(title)}`,
    retry: 'Retry',
    retrying: 'Queued again.',
    retried: (count: number) =>
      count === 0 ? 'Nothing was left to retry.' : `${plural(count, 'file is', 'files are')} queued again.`,
    download: 'Download original',
    back: 'Back to the library',
    previous: 'Previous item',
    next: 'Next item',
    info: 'Details (i)',
    fullView: 'Full view (f)',
    facts: 'Facts',
    metadata: 'Metadata',
    history: 'History',
    about: 'Details',
    titleLabel: 'Title',
    description: 'Description',
    descriptionHint: 'What is it, where, who is in it?',
    tags: 'Tags',
    tagsHint: 'Press Enter after each tag.',
    addTag: 'Add a tag',
    removeTag: (tag: string) => `Remove tag ${tag}`,
    saveDetails: 'Save details',
    detailsSaved: 'Details saved.',
    kind: 'Kind',
    type: 'Type',
    size: 'Size',
    dimensions: 'Dimensions',
    duration: 'Duration',
    codecs: 'Codecs',
    filename: 'File name',
    added: 'Added',
    checksum: 'SHA-256',
    copy: 'Copy',
    copied: 'Copied.',
    taken: 'Taken',
    camera: 'Camera',
    settings: 'Settings',
    place: 'Place',
    showOnMap: 'Show on a map',
    pixels: (width: number, height: number) => `${width} × ${height}`,
    after: (duration: string) => `after ${duration}`,
    round: (round: number) => `Attempt ${round}`,
    steps: {
      uploaded: 'Uploaded',
      processing: 'Processing began',
      completed: 'Ready',
      failed: 'Failed',
    } satisfies Record<MediaStatus, string>,
    failedTitle: 'Processing failed',
    queuedTitle: 'Queued',
    queuedLead: 'Processing begins as soon as a worker is free.',
    processingTitle: 'Processing',
    processingLead: 'The preview shows up here when it is done.',
    sensitive: 'This may be sensitive.',
    showSensitive: 'Show it',
    noPreview: 'There is no preview of this file. Download the original to open it.',
    zoom: 'Zoom',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    zoomFit: 'Fit to the window',
    notFoundTitle: 'Not here any more',
    notFoundLead: 'It was deleted, or the address is not right.',
  },

  player: {
    play: 'Play',
    pause: 'Pause',
    seek: 'Position',
    position: (now: string, total: string) => `${now} of ${total}`,
    unplayable: 'This browser cannot play it. Download the original to listen.',
  },

  notifications: {
    title: 'Notifications',
    markAllRead: 'Mark all read',
    clearAll: 'Clear all',
    markRead: 'Mark read',
    clear: 'Clear',
    cleared: (count: number | null) =>
      count === null ? 'All notifications cleared.' : `${plural(count, 'notification', 'notifications')} cleared.`,
    groupTitle: (ready: number, failed: number, moving: number) =>
      [ready > 0 && `${ready} ready`, failed > 0 && `${failed} failed`, moving > 0 && `${moving} being retried`]
        .filter(Boolean)
        .join(', '),
    moving: 'It is being retried.',
    retry: (count: number) => `Retry ${count}`,
    more: (count: number) => `Show all ${count}`,
    fewer: 'Show fewer',
    emptyTitle: 'All quiet',
    emptyLead: 'When something is ready or needs you, it shows up here.',
    unread: 'Unread',
    periods: { today: 'Today', yesterday: 'Yesterday', earlier: 'Earlier' },
  },

  profile: {
    title: 'Profile',
    account: 'Account',
    accountLead: 'How you appear, and how you log in.',
    email: 'E-mail',
    emailLead: 'How you log in, and where mails go. A new address counts once you confirm it from its mailbox.',
    emailVerified: 'confirmed',
    emailUnverified: 'not confirmed yet',
    emailPending: (email: string, until: string) =>
      `${email} replaces it once you follow the link that was sent there, until ${until}.`,
    notices: 'Notifications',
    noticesLead: 'What you are notified of, and where. Mails about the security of your account are always sent.',
    noticeTypes: {
      'media.completed': 'Media are ready',
      'media.failed': 'Media could not be processed',
      'drop.finished': 'A drop is finished',
    },
    noticeApp: 'In the pages',
    noticeEmail: 'By e-mail',
    noticeWebhook: 'Webhooks',
    noticeFor: (channel: string, type: string) => `${channel}: ${type}`,
    emailModes: { off: 'Off', immediately: 'At once', daily: 'Once a day' },
    noticesSaved: 'Saved.',
    bounced: (email: string, reply: string) =>
      `Mails to ${email} come back: “${reply}”. None are sent there until you ask for the link above again and it ` +
      'arrives. Check the address.',
    newEmail: 'E-mail',
    saveEmail: 'Send the link',
    emailSent: (email: string) => `A mail with a link is on its way to ${email}.`,
    memberSince: (date: string) => `Here since ${date}`,
    saveUsername: 'Save username',
    usernameSaved: 'Your username is saved.',
    password: 'Password',
    passwordLead: 'Changing it logs out every other device.',
    currentPassword: 'Current password',
    newPassword: 'New password',
    changePassword: 'Change password',
    passwordSaved: 'Your password is changed. Other devices are logged out.',
    sessions: 'Where you are logged in',
    sessionsLead: 'End sessions that you do not recognise or no longer use.',
    thisDevice: 'This device',
    unknownDevice: 'Unknown device',
    activeNow: 'Active now',
    activeAt: (when: string) => `Active ${when}`,
    sessionMeta: (seen: string, since: string) => `${seen} · since ${since}`,
    allSessions: (count: number) => `Show all ${count}`,
    endOthers: 'End all other sessions',
    othersEnded: 'All other sessions are ended.',
    endSession: 'End session',
    endSessionOn: (device: string) => `End session on ${device}`,
    sessionEnded: 'The session is ended.',
    appearance: 'Appearance',
    appearanceLead: 'Kept in this browser.',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    danger: 'Delete account',
    files: 'Your files',
    filesLead: 'The storage they use, and a copy of everything to download.',
    export: 'Export everything',
    exportLead: (count: number, size: string) =>
      `One zip file with ${count === 0 ? 'every original' : plural(count, 'original', 'originals')} (${size}) ` +
      'as you uploaded them, and library.json with titles, descriptions, tags and everything read from the files. ' +
      'Previews are not in it.',
    exportFirst: 'Want to keep them?',
    dangerLead: 'Everything you own here is erased: media, previews, notifications, and the account itself.',
    deleteAccount: 'Delete account',
    deleteTitle: 'Delete your account?',
    deleteStepOut: 'You are logged out everywhere, at once.',
    deleteStepFiles: (count: number, size: string) =>
      count === 0
        ? 'Your notifications are erased.'
        : `${plural(count, 'file', 'files')} (${size}), their previews and your notifications are erased. ` +
          'This cannot be undone.',
    deleteStepFree: 'Then your e-mail and username are free again.',
    typeToConfirm: (username: string) => `Type your username (${username}) to confirm`,
    typeMismatch: 'That is not your username.',
    deleteForGood: 'Delete for good',
    deleted: 'Your account is being erased. Goodbye.',
  },

  notFound: {
    title: 'Page not found',
    lead: (path: string) => `There is nothing at ${path}. The address may have a typo, or what was here is gone.`,
    home: 'To the dashboard',
  },
};
