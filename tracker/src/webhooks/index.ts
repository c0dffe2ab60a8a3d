export { backoffMs } from './backoff.js';
export { Poster } from './post.js';
export {
  MAX_WEBHOOKS,
  readWebhooks,
  type Webhook,
  WebhookCommands,
  WebhookRefusal,
} from './webhook.js';
export { WebhookSender } from './webhook-sender.js';
