export { alertAttributes, type Alerts } from './alerts';
export { ObjectMissingError, StorageFullError, type ByteRange, type Storage, type StoredObject } from './storage';
