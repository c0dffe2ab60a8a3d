const AGAIN_MS = 4000;
/** Two minutes; then the page only shows it. */
const MOST_RINGS = 30;

/** Sound and vibration. A browser lets a page sound only after it was touched once: `unlock` on every touch. */
export class Ringer {
  #audio: AudioContext | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #rings = 0;

  /** False until the page was touched: the page says so. */
  get canSound(): boolean {
    return this.#audio?.state === 'running';
  }

  unlock(): void {
    if (typeof AudioContext === 'undefined') return;
    this.#audio ??= new AudioContext();
    if (this.#audio.state === 'suspended') void this.#audio.resume();
  }

  /** Rings until it is stopped, at most two minutes. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#rings = 0;
    const ring = () => {
      if (++this.#rings > MOST_RINGS) return;
      this.#vibrate([500, 150, 500, 150, 500]);
      this.#tones([740, 988, 740, 988], 0.22);
    };
    ring();
    this.#timer = setInterval(ring, AGAIN_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Once: a message, a cancelled assignment. */
  once(): void {
    this.#vibrate([250, 100, 250]);
    this.#tones([660, 660], 0.16);
  }

  /** An answer to a finger. */
  tick(ms = 40): void {
    this.#vibrate([ms]);
  }

  #vibrate(pattern: number[]): void {
    // absent on iOS
    if ('vibrate' in navigator) navigator.vibrate(pattern);
  }

  #tones(hertz: readonly number[], seconds: number): void {
    const audio = this.#audio;
    if (audio === undefined || audio.state !== 'running') return;
    hertz.forEach((frequency, i) => {
      const from = audio.currentTime + i * (seconds + 0.04);
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.type = 'square';
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, from);
      volume.gain.exponentialRampToValueAtTime(0.35, from + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, from + seconds);
      tone.connect(volume).connect(audio.destination);
      tone.start(from);
      tone.stop(from + seconds);
    });
  }
}
