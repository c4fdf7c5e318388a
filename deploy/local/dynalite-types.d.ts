declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Times in milliseconds. Without `path` the tables live in memory. */
  export default function dynalite(options?: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
