import type { LeaveOut } from '../../map-road.js';
import type { Tags } from './tags.js';

/** Seconds of `MM`, `HH:MM`, `HH:MM:SS` or ISO 8601 (`PT1H30M`); undefined when it is neither, or nothing. */
export function durationS(value: string): number | undefined {
  const clock = /^(?:(?:(\d+):)?(\d+):)?(\d+)$/.exec(value);
  if (clock && !value.includes(':')) return Number(value) * 60 || undefined;
  if (clock) {
    const [hours, minutes, seconds] = clock[1] === undefined ? [clock[2], clock[3], 0] : clock.slice(1);
    return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) || undefined;
  }
  const iso = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(value);
  if (!iso) return undefined;
  const [days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds || undefined;
}

/** What a crossing takes, seconds; 0 unknown. */
export function crossingOf(tags: Tags, leaveOut: LeaveOut): number {
  const value = tags.get('duration');
  if (value === undefined) return 0;
  const seconds = durationS(value.trim());
  if (seconds === undefined) leaveOut('unreadable_duration');
  return seconds ?? 0;
}
