/** Something the operator can mend; the message is all there is to say. */
export class OperatorError extends Error {}
