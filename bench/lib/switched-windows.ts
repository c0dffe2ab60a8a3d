/** What was measured in one of many windows on end, while something was at work or while it was not. */
export interface Window {
  readonly isOn: boolean;
  readonly value: number;
}

/**
 * On by off, of windows that lie alike before and after a change from one to the other: the last before it with the first after it, and so
 * on, up to `most`. What makes the machine slower or faster all the while puts as many pairs wrong one way as the other, if it is switched on as often
 * as off.
 */
export function ratiosAtChanges(windows: readonly Window[], most: number): number[] {
  const ratios: number[] = [];
  for (let change = 1; change < windows.length; change++) {
    const { isOn } = windows[change]!;
    if (windows[change - 1]!.isOn === isOn) continue;
    for (let i = 0; i < most; i++) {
      const [before, after] = [windows[change - 1 - i], windows[change + i]];
      if (before === undefined || after === undefined) break;
      if (before.isOn === isOn || after.isOn !== isOn) break; // beyond the change before, or after
      ratios.push(isOn ? after.value / before.value : before.value / after.value);
    }
  }
  return ratios;
}
