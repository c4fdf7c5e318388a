declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Times in milliseconds. Without `path` the tables are kept in memory. */
  export default function dynalite(options?: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
