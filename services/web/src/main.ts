import { sessionLost } from './api';
import { showPage, startApp } from './app';
import { defineElements } from './elements/register';
import { live } from './live';
import { startRouter } from './router';
import { restoreSession } from './session';
import { signOut } from './sign-out';

defineElements();
startApp();
sessionLost.on(() => signOut({ everywhere: false }), new AbortController().signal);
live.signedOutElsewhere.on(() => signOut({ everywhere: false }), new AbortController().signal);
await restoreSession();
startRouter(showPage);
