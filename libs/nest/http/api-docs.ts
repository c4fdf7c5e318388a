import { dirname } from 'node:path';
import express, { type Router } from 'express';
import { openApiDocument } from './openapi';

/** The folder of the package. Importing the package would execute its browser script here. */
const root = dirname(require.resolve('swagger-ui-dist/package.json'));
const assets = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** Without inline scripts and styles, which the Content-Security-Policy forbids. */
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>SnapStream API</title>
<link rel="icon" href="/api/docs/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`;
const start = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#swagger-ui', deepLinking: true });\n`;

/** Serves `/api/openapi.json` and Swagger UI at `/api/docs`; public. */
export function apiDocs(): Router {
  const document = JSON.stringify(openApiDocument());
  const router = express.Router();
  router.get('/openapi.json', (_req, res) => void res.type('json').send(document));
  router.get('/docs', (_req, res) => void res.type('html').send(page));
  router.get('/docs/start.js', (_req, res) => void res.type('js').send(start));
  router.get(
    assets.map((name) => `/docs/${name}`),
    (req, res) => res.sendFile(req.path.slice('/docs/'.length), { root }),
  );
  return router;
}
