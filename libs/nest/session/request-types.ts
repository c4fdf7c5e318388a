import 'express';
import 'express-session';
import type { User } from '#contracts';
import type { SessionUser } from './current-user';

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- the only way to extend the types of express
  namespace Express {
    interface Request {
      /** Set when the session is valid. */
      sessionUser?: SessionUser;
      /** Set for requests to the admin area, which only an admin reaches. */
      admin?: { id: string; username: string };
    }
  }
}

declare module 'express-session' {
  interface SessionData {
    user: { id: string; role: User['role'] };
    /** The public id. */
    publicId: string;
    /** Epoch milliseconds of the login. */
    createdAt: number;
    /** Epoch milliseconds, with a precision of one minute. */
    seenAt: number;
  }
}
