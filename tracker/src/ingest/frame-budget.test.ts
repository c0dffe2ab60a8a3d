import { describe, expect, it } from 'vitest';
import { LIMITS } from '../protocol/crew.js';
import type { CrewDevice } from '../units/directory.js';
import { FrameBudgets } from './frame-budget.js';

const NOW = 1_767_225_600_000;
const aDevice = () => ({ id: 'device' }) as CrewDevice;

/** How many frames of each sort pass, of so many at one instant. */
function pass(budgets: FrameBudgets, device: CrewDevice, frames: number, now: number) {
  const passed = { any: 0, alarm: 0, none: 0 };
  for (let i = 0; i < frames; i++) passed[budgets.of(device).maySend(now)]++;
  return passed;
}

describe('T8 frame budgets', () => {
  it('let a burst through, then calls for help alone, then nothing, and fill up again at their pace', () => {
    const [budgets, device] = [new FrameBudgets(), aDevice()];
    expect(pass(budgets, device, 1000, NOW)).toEqual({ any: LIMITS.frameBurst, alarm: 20, none: 780 });
    expect(pass(budgets, device, 1000, NOW + 1000)).toEqual({ any: LIMITS.framesPerS, alarm: 2, none: 978 });
    expect(pass(budgets, device, 1000, NOW + 3_600_000)).toEqual({ any: LIMITS.frameBurst, alarm: 20, none: 780 });
  });

  it('count connections, which give no new burst, and leave a few for who calls for help', () => {
    const [budgets, device] = [new FrameBudgets(), aDevice()];
    let connections = 0;
    while (budgets.of(device).mayConnect(NOW)) connections++;
    expect(connections).toBe(LIMITS.frameBurst / 5 + 20);
    expect(pass(budgets, device, 10, NOW)).toEqual({ any: 0, alarm: 0, none: 10 });
    expect(budgets.of(device).mayConnect(NOW + 500)).toBe(true);
  });

  it('are one for each device', () => {
    const budgets = new FrameBudgets();
    pass(budgets, aDevice(), 1000, NOW);
    expect(budgets.of(aDevice()).maySend(NOW)).toBe('any');
  });

  it('take a clock that was put back for one that stands still', () => {
    const [budgets, device] = [new FrameBudgets(), aDevice()];
    pass(budgets, device, 1000, NOW);
    expect(budgets.of(device).maySend(NOW - 86_400_000)).toBe('none');
    expect(budgets.of(device).maySend(NOW - 86_400_000 + 1000)).toBe('any');
  });
});
