import { UNIT_STATUSES } from '../../tracker/src/protocol/status.js';
import type { Desk } from './state/desk.js';

/** What a browser test may read of the page. It changes nothing and tells nothing that the page does not show. */
export interface TestHook {
  connection(): string;
  unitCount(): number;
  unit(
    callsign: string,
  ): { readonly lon: number; readonly lat: number; readonly status: string; readonly drawn: boolean } | undefined;
  veks(): readonly { readonly id: string; readonly number: number; readonly status: string }[];
  /** Of the incident that is open. */
  vekPlace(): { readonly lon: number; readonly lat: number } | undefined;
  /** By callsign. */
  unitIds(): Readonly<Record<string, string>>;
  ways(): readonly { readonly callsign: string; readonly isChosen: boolean }[];
  resyncs(): Readonly<Record<string, number>>;
  /** Script time of the last draws, ms. */
  drawTimes(): readonly number[];
}

declare global {
  interface Window {
    __vanags?: TestHook;
    __vanagsDrawTimes?: readonly number[];
  }
}

export function exposeTestHook(desk: Desk): void {
  const { store } = desk;
  window.__vanags = {
    connection: () => store.get().connection,
    unitCount: () => desk.client?.picture.length ?? 0,
    unit: (callsign) => {
      const known = [...store.get().units.values()].find((unit) => unit.callsign === callsign);
      if (known === undefined) return undefined;
      const picture = desk.client?.picture;
      const slot = picture?.slotOf(known.handle);
      if (picture === undefined || slot === undefined)
        return { lon: Number.NaN, lat: Number.NaN, status: known.status, drawn: false };
      return {
        lon: picture.position[slot * 2]!,
        lat: picture.position[slot * 2 + 1]!,
        status: UNIT_STATUSES[picture.status[slot]!] ?? '',
        drawn: true,
      };
    },
    veks: () => [...store.get().veks.values()].map(({ id, number, status }) => ({ id, number, status })),
    vekPlace: () => {
      const { selection, veks } = store.get();
      const vek = selection.kind === 'vek' ? veks.get(selection.id) : undefined;
      return vek?.lon == null || vek.lat == null ? undefined : { lon: vek.lon, lat: vek.lat };
    },
    unitIds: () => Object.fromEntries([...store.get().units.values()].map(({ id, callsign }) => [callsign, id])),
    ways: () => store.get().ways.map(({ callsign, isChosen }) => ({ callsign, isChosen })),
    resyncs: () => desk.client?.resyncs ?? {},
    drawTimes: () => [...(window.__vanagsDrawTimes ?? [])],
  };
}
