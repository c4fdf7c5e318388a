import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import type { RequestHandler } from 'express';

const hidden = () => 'hidden';

/**
 * Serves bull-board for queues below `basePath`: every change answers 405, and payloads and results are left out on the
 * server. What it shows of a failed job is its reason and stack.
 */
export function makeQueueBoard(queues: readonly Queue[], basePath: string): RequestHandler {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(basePath);
  createBullBoard({
    queues: queues.map((queue) => {
      const adapter = new BullMQAdapter(queue, { readOnlyMode: true, allowRetries: false });
      adapter.setFormatter('data', hidden);
      adapter.setFormatter('returnValue', hidden);
      return adapter;
    }),
    serverAdapter,
    options: { uiConfig: { hideRedisDetails: true, showWorkers: false, hideDocsLink: true } },
  });
  return serverAdapter.getRouter() as RequestHandler;
}
