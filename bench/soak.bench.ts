import type { BenchRun } from './lib/run.js';
export async function bench(_run: BenchRun): Promise<void> {}
