// Imported by a tracker of the bench before all else, and by its threads, where nothing reads TypeScript yet: on SIGUSR2 it collects its garbage, so that
// what is resident is what is held.
process.on('SIGUSR2', () => globalThis.gc?.());
