/**
 * The owner of the media of the canary. It has no account, its time is that of the oldest possible id, and it is left
 * out of everything that people or other services see: notifications, alerts, counts, estimates, analyses, findings.
 */
export const CANARY_USER = '00000000000000000000CANARY';

export const isCanary = (userId: string): boolean => userId === CANARY_USER;
