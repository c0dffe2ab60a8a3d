import { ATTENTION_LEVELS } from '../../../tracker/src/protocol/attention.js';
import type { Words } from '../i18n/words.js';
import type { Attention, Unit, Vek } from './api.js';

/** Whether a desk should see to it now: not what somebody else is told first, nor what was acknowledged since it was last told. */
export function isForDesk({ quiet, level, desk }: Attention, subject: string | undefined): boolean {
  return !quiet && (level !== 'desk' || desk === subject);
}

/** The worst first: a life-threatening incident without a unit, then by level, then the oldest. */
export function byUrgency(a: Attention, b: Attention): number {
  return rank(b) - rank(a) || a.since - b.since;
}

function rank({ kind, level }: Attention): number {
  return kind === 'vek_without_unit' ? ATTENTION_LEVELS.length : ATTENTION_LEVELS.indexOf(level);
}

/** “VEK 12: dzīvība apdraudēta, nav vienības”, “Ķekava AC-1: …”. */
export function attentionText(
  { kind, vekId, unitId }: Attention,
  words: Words,
  veks: ReadonlyMap<string, Vek>,
  units: ReadonlyMap<string, Unit>,
): string {
  const unit = unitId === null ? undefined : (units.get(unitId)?.callsign ?? '?');
  const vek = vekId === null ? undefined : words.text('vek.number', { number: veks.get(vekId)?.number ?? '?' });
  const about = [unit, vek].filter((part) => part !== undefined).join(', ');
  return `${about}: ${words.label('attention', kind)}`;
}
