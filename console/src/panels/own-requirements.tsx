import { type FormEvent, useState } from 'react';
import type { Vek } from '../state/api.js';
import { SERVICE_CODES, serviceCodeOf, usualCapability } from '../state/event-types.js';
import type { OwnRequirement } from '../state/recommendation.js';
import { CapabilitySelect, ServiceSelect } from './code-selects.js';
import { useDesk, usePart, useWords } from './use-desk.js';

/** What the dispatcher asks for in the place of the run card, line by line. */
export function OwnRequirements({ vek, isOpen }: { readonly vek: Vek; readonly isOpen: boolean }) {
  const desk = useDesk();
  const words = useWords();
  const asked = usePart((state) => state.whoGoes?.own.get(vek.id));
  const agencies = usePart((state) => state.session!.agencies);
  const ownKind = usePart((state) => agencies.get(state.session!.me.agencyId)?.kind ?? 'other');
  const usual: OwnRequirement = {
    kind: 'capability',
    capability: usualCapability(vek.typeCode, ownKind),
    quantity: 1,
    service: serviceCodeOf(ownKind) ?? SERVICE_CODES[0],
    need: 'must',
  };
  const [lines, setLines] = useState<readonly OwnRequirement[]>(asked ?? [usual]);
  const change = (at: number, to: Partial<OwnRequirement>) =>
    setLines(lines.map((line, i) => (i === at ? { ...line, ...to } : line)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void desk.dispatching.askFor(vek.id, lines);
  };
  return (
    <details className="own-requirements" open={isOpen || asked !== undefined}>
      <summary>{words.text('own.title')}</summary>
      <form onSubmit={submit}>
        {lines.map((line, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other name than its place
          <div key={i} className="row">
            <input
              type="number"
              min={1}
              max={1_000_000}
              required
              aria-label={words.text('own.quantity')}
              value={line.quantity}
              onChange={(event) => change(i, { quantity: Number(event.target.value) })}
            />
            <CapabilitySelect value={line.capability} onChange={(capability) => change(i, { capability })} />
            <ServiceSelect value={line.service} onChange={(service) => change(i, { service })} />
            {lines.length > 1 && (
              <button
                type="button"
                className="quiet"
                aria-label={words.text('own.remove')}
                onClick={() => setLines(lines.filter((_, at) => at !== i))}
              >
                −
              </button>
            )}
          </div>
        ))}
        <div className="row">
          <button type="button" className="quiet" onClick={() => setLines([...lines, usual])}>
            + {words.text('own.add')}
          </button>
          <button type="submit" className="primary">
            {words.text('own.ask')}
          </button>
          {asked !== undefined && (
            <button type="button" onClick={() => void desk.dispatching.askFor(vek.id, undefined)}>
              {words.text('own.card')}
            </button>
          )}
        </div>
      </form>
    </details>
  );
}
