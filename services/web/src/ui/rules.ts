/** The username rule of the API, in the syntax of the `pattern` attribute (which is matched with the `v` flag). */
export const usernamePattern = '[A-Za-z0-9_.\\-]{3,32}';
