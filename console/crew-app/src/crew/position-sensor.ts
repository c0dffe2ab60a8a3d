import { type Fix, fixOfSensor } from '../protocol-client/wire.js';

export type SensorState = 'off' | 'asking' | 'on' | 'denied' | 'lost' | 'none';

/**
 * The browser's geolocation, thinned to one fix an interval. Every fix goes out with the sensor's own time, once: a phone that stands
 * still and gets no new fix reports nothing.
 */
export class PositionSensor {
  readonly #report: (fix: Fix) => void;
  readonly #changed: () => void;
  #intervalMs = 10_000;
  #watch: number | undefined;
  #state: SensorState = 'off';
  #last: Fix | undefined;
  #reportedAt = 0;
  #due: ReturnType<typeof setTimeout> | undefined;

  constructor(report: (fix: Fix) => void, changed: () => void) {
    this.#report = report;
    this.#changed = changed;
  }

  get state(): SensorState {
    return this.#state;
  }

  /** The newest fix of the sensor, reported or not. */
  get last(): Fix | undefined {
    return this.#last;
  }

  get intervalS(): number {
    return this.#intervalMs / 1000;
  }

  setInterval(seconds: number): void {
    this.#intervalMs = Math.max(1, seconds) * 1000;
  }

  start(): void {
    if (this.#watch !== undefined) return;
    const sensor = navigator.geolocation as Geolocation | undefined;
    // browsers give no position to a page that is not in a secure context
    if (sensor === undefined || !window.isSecureContext) return this.#setState('none');
    this.#setState('asking');
    this.#watch = sensor.watchPosition(
      (position) => this.#take(position),
      (error) => this.#setState(error.code === error.PERMISSION_DENIED ? 'denied' : 'lost'),
      { enableHighAccuracy: true, maximumAge: 0, timeout: 30_000 },
    );
  }

  stop(): void {
    if (this.#watch !== undefined) navigator.geolocation.clearWatch(this.#watch);
    clearTimeout(this.#due);
    this.#watch = this.#due = this.#last = undefined;
    this.#setState('off');
  }

  #take(position: GeolocationPosition): void {
    const fix = fixOfSensor(position);
    // browsers hand out a kept position again: it is no news
    if (fix === undefined || fix.time <= (this.#last?.time ?? 0)) return;
    this.#last = fix;
    this.#setState('on');
    const waitMs = this.#reportedAt + this.#intervalMs - performance.now();
    if (this.#due !== undefined) return; // the newest goes when the interval is over
    if (this.#reportedAt === 0 || waitMs <= 0) this.#send();
    else this.#due = setTimeout(() => this.#send(), waitMs);
  }

  #send(): void {
    this.#due = undefined;
    this.#reportedAt = performance.now();
    if (this.#last !== undefined) this.#report(this.#last);
  }

  #setState(state: SensorState): void {
    this.#state = state;
    this.#changed();
  }
}
