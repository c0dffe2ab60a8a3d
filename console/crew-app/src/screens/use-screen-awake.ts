import { useEffect } from 'react';

/** Keeps the screen on while the page is seen; a browser that cannot is left alone. */
export function useScreenAwake(wanted: boolean): void {
  useEffect(() => {
    const wakeLock = navigator.wakeLock as WakeLock | undefined;
    if (!wanted || wakeLock === undefined) return;
    let held: WakeLockSentinel | undefined;
    let gone = false;
    const hold = async () => {
      if (document.visibilityState !== 'visible') return; // the browser takes it back when the page is hidden
      try {
        const lock = await wakeLock.request('screen');
        if (gone) await lock.release();
        else held = lock;
      } catch {
        // refused, for instance when the battery is low
      }
    };
    void hold();
    document.addEventListener('visibilitychange', hold);
    return () => {
      gone = true;
      document.removeEventListener('visibilitychange', hold);
      void held?.release();
    };
  }, [wanted]);
}
