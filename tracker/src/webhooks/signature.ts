import { createHmac } from 'node:crypto';

/**
 * The header `webhook-signature`: HMAC-SHA256 over `id.timestamp.body` with each secret that counts, base64, blanks between. The
 * timestamp is signed too, so that a request recorded on its way cannot be sent again later. Source: Standard Webhooks 1.0.0.
 */
export function signatures(secrets: readonly Uint8Array[], id: string, timestampS: number, body: string): string {
  return secrets
    .map((secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestampS}.${body}`).digest('base64')}`)
    .join(' ');
}
