import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ApiProblem, type Vek } from '../state/api.js';
import { changesOf, type Typed } from '../state/card-change.js';
import { useCommand, useDesk, usePart, useWords } from './use-desk.js';
import { VekFields } from './vek-fields.js';

/** Changes what a card says. Whoever was overtaken is told by whom and in what, and keeps what was typed. */
export function VekEdit({ vek }: { readonly vek: Vek }) {
  const desk = useDesk();
  const words = useWords();
  const place = usePart((state) => state.draftPlace);
  const [seen, setSeen] = useState(vek);
  const [typed, setTyped] = useState<Typed>({});
  const { busy, problem, run } = useCommand();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector('input')?.focus();
    desk.attendance.edits(true);
    return () => desk.attendance.edits(false);
  }, [desk]);
  const changes = changesOf(vek, { ...typed, ...place });
  const isChanged = Object.keys(changes).length > 0;
  const end = () => {
    desk.select({ kind: 'vek', id: vek.id });
    document.getElementById('detail-title')?.focus();
  };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const saved = await run('change', async () => {
      try {
        await desk.cardLife.change(seen, changes);
      } catch (error) {
        // told of it now: what is saved next is meant to stand over it
        if (error instanceof ApiProblem && error.code === 'version_conflict')
          setSeen(desk.store.get().veks.get(vek.id) ?? vek);
        throw error;
      }
    });
    if (saved) end();
  };
  const known = vek.lon === null || vek.lat === null ? undefined : { lon: vek.lon, lat: vek.lat };
  return (
    <form
      ref={form}
      className="new-vek vek-edit"
      onSubmit={(event) => void save(event)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        if (!isChanged || window.confirm(words.text('edit.confirmLeave'))) end();
      }}
    >
      <VekFields
        card={{ ...vek, ...typed }}
        place={place ?? known}
        onChange={(change) => setTyped({ ...typed, ...change })}
      />
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="row">
        <button type="submit" className="primary" data-save="" disabled={busy !== undefined || !isChanged}>
          {words.text('edit.save')}
        </button>
        <button type="button" onClick={end}>
          {words.text('edit.leave')}
        </button>
      </div>
    </form>
  );
}
