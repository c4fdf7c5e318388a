import { openApiDocument } from './openapi';

/** Prints the document as `docs/openapi.json` keeps it. */
process.stdout.write(`${JSON.stringify(openApiDocument(), null, 2)}\n`);
