import type { FeedEvent } from '../feed/event.js';
import type { Feed } from '../feed/feed.js';
import type { Directory } from './directory.js';

/** Keeps the directory as the feed says, on whichever node a change was made. */
export function followFeed(feed: Feed, directory: Directory): void {
  feed.listen(async (events) => {
    const ids = (of: (event: FeedEvent) => unknown) => [
      ...new Set(events.map(of).filter((id): id is string => typeof id === 'string')),
    ];
    if (events.some(({ aggregate }) => aggregate.kind === 'agency' || aggregate.kind === 'grant'))
      await directory.reloadAgencies();
    const units = ids(({ aggregate, data }) => (aggregate.kind === 'unit' ? aggregate.id : data.unitId));
    if (units.length > 0) await directory.reloadUnits(units);
    const devices = ids(({ aggregate }) => (aggregate.kind === 'device' ? aggregate.id : undefined));
    if (devices.length > 0) await directory.reloadDevices(devices);
  });
}
