/**
 * Calls onHeld in the one tab that may talk; a tab that must wait is told, and takes over when the other is closed. Where the browser
 * has no locks (plain http from another host) every tab talks; the hub's fencing then leaves one. Returns the function that gives it up.
 */
export function holdTab(name: string, onHeld: () => void, onWaiting: () => void): () => void {
  // absent where the page is not in a secure context, whatever the type says
  const locks = navigator.locks as LockManager | undefined;
  if (locks === undefined) {
    onHeld();
    return () => {};
  }
  let giveUp = () => {};
  const given = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const stop = new AbortController();
  const hold = () => {
    if (stop.signal.aborted) return;
    onHeld();
    return given;
  };
  void locks.request(name, { ifAvailable: true }, (lock) => {
    if (lock !== null) return hold();
    if (stop.signal.aborted) return;
    onWaiting();
    locks.request(name, { signal: stop.signal }, hold).catch(() => {}); // given up while it waited
  });
  return () => {
    stop.abort();
    giveUp();
  };
}
