/** An error that the operator can fix, such as a wrong setting; `message` says how. */
export class OperatorError extends Error {}

/** Returns the text to print before a process exits: without a stack for errors that the operator can fix. */
export const textForOperator = (error: Error): string =>
  error instanceof OperatorError ? error.message : (error.stack ?? error.message);
