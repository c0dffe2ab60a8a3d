import { useDesk, useNow, useWords } from './use-desk.js';

/** That a unit's position is stale, and how old it is; nothing for one that is fresh or not in the picture. */
export function PositionMark({ handle }: { readonly handle: number }) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow();
  const picture = desk.client?.picture;
  const slot = picture?.slotOf(handle);
  if (picture === undefined || slot === undefined || !picture.isStale(slot, now)) return null;
  return (
    <span className="tag stale" data-stale="">
      <span aria-hidden="true">◌</span> {words.text('unit.staleFor', { age: words.age(picture.ageMs(slot, now)) })}
    </span>
  );
}
