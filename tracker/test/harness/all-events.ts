import type { ApiClient } from './test-tracker.js';

/** All that the token's holder may read of the feed, page by page: what repeats itself while a test waits fills more than one. */
export async function allEvents<Event>(api: ApiClient, token: string): Promise<Event[]> {
  const all: Event[] = [];
  for (let after = ''; ; ) {
    const page = await api.ok<{ events: Event[]; cursor: string }>(
      'GET',
      `/api/v1/feed?limit=1000${after}`,
      undefined,
      token,
    );
    if (page.events.length === 0) return all;
    all.push(...page.events);
    after = `&after=${page.cursor}`;
  }
}
