import { openApiDocument } from './openapi';

/** Prints the document in the format of `docs/openapi.json`. */
process.stdout.write(`${JSON.stringify(openApiDocument(), null, 2)}\n`);
