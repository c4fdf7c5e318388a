import { sessionLost } from './api';
import { showPage, startApp } from './app';
import { defineElements } from './elements/register';
import { live } from './live';
import { startRouter } from './router';
import { restoreSession } from './session';
import { leaveForGood, sessionEnded } from './sign-out';

defineElements();
startApp();
const forever = new AbortController().signal;
sessionLost.on(sessionEnded, forever);
live.signedOutElsewhere.on(leaveForGood, forever);
await restoreSession();
startRouter(showPage);
