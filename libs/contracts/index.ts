export * from './api';
export * from './derived';
export * from './errors';
export * from './events';
export * from './formats';
export * from './jobs';
export * from './media';
export * from './text';
