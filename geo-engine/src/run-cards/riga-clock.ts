/** What the clock on the wall in Rīga shows at an instant. */
export interface RigaClock {
  /** YYYY-MM-DD. */
  readonly day: string;
  /** 1 Monday … 7 Sunday. */
  readonly weekday: number;
  /** Minutes since the wall showed 00:00, 0 to 1439. */
  readonly minute: number;
}

const clock = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Riga',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
});

/** Reads the wall clock in Rīga at an instant (epoch ms). The hour that comes twice in October is told twice. */
export function rigaClock(at: number): RigaClock {
  const parts = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = `${parts.year}-${parts.month}-${parts.day}`;
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
  return { day, weekday, minute: Number(parts.hour) * 60 + Number(parts.minute) };
}
