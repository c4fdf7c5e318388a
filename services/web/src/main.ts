import { leaveForGood, sessionEnded } from './actions/sign-out';
import { showPage, startApp } from './app';
import { defineElements } from './elements/base/register';
import { sessionLost } from './network/api';
import { live } from './network/live';
import { startRouter } from './state/router';
import { restoreSession } from './state/session';

defineElements();
startApp();
const forever = new AbortController().signal;
sessionLost.on(sessionEnded, forever);
live.signedOutElsewhere.on(leaveForGood, forever);
await restoreSession();
startRouter(showPage);
