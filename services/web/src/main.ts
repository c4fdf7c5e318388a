import { signOutHere, endSession } from './actions/sign-out';
import { showPage, startApp } from './app';
import { defineElements } from './elements/base/register';
import { sessionLost } from './network/api';
import { live } from './network/live';
import { startRouter } from './state/router';
import { restoreSession } from './state/session';

defineElements();
startApp();
const forever = new AbortController().signal;
sessionLost.on(endSession, forever);
live.signedOutElsewhere.on(signOutHere, forever);
await restoreSession();
startRouter(showPage);
