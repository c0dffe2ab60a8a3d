import { type FormEvent, useState } from 'react';
import type { Caller, CallerFields } from '../state/api.js';
import {
  CALLER_FIELDS,
  type CallerDraft,
  type CallerField,
  changesOfDraft,
  draftOf,
  draftText,
  readAgain,
  theirText,
} from '../state/caller-draft.js';
import { RestrictedLine } from './restricted-line.js';
import { leaveOnEscape, useCommand, useDesk, useNow, useWords } from './use-desk.js';

/** Characters, as the API takes them. */
const LONGEST: Readonly<Record<CallerField, number>> = { phone: 32, name: 200, note: 4000 };

/** The caller of a card: read each time that somebody asks for it or is about to write. */
export function VekCaller({ vekId }: { readonly vekId: string }) {
  const desk = useDesk();
  const words = useWords();
  const { busy, problem, run, clear } = useCommand();
  const [shown, setShown] = useState<Caller>();
  const [draft, setDraft] = useState<CallerDraft>();
  const read = async () => {
    const caller = await desk.cardLife.caller(vekId);
    setShown(caller);
    return caller;
  };
  const save = async (written: CallerDraft) => {
    const changes = changesOfDraft(written);
    const overtaken = await desk.cardLife.putCaller(vekId, written.read.version, changes);
    setDraft(overtaken && { ...written, overtaken });
    if (overtaken === undefined) setShown({ ...written.read, ...changes });
  };
  const submit = (written: CallerDraft) =>
    written.overtaken === undefined
      ? run('save', () => save(written))
      : run('read', async () => setDraft(readAgain(written, await read())));
  const leave = (written: CallerDraft) => {
    if (isChanged(written) && !window.confirm(words.text('edit.confirmLeave'))) return;
    setDraft(undefined);
    clear();
  };
  return (
    <li data-restricted="caller">
      <RestrictedLine
        name={words.text('restricted.caller')}
        onRead={shown === undefined ? () => void run('read', async () => void (await read())) : undefined}
        onWrite={draft === undefined ? () => void run('read', async () => setDraft(draftOf(await read()))) : undefined}
        writeTitle={words.text('restricted.audited')}
        isBusy={busy !== undefined}
        problem={problem}
      >
        {shown !== undefined && <CallerTexts callers={[shown, ...shown.others]} />}
      </RestrictedLine>
      {draft !== undefined && (
        <CallerForm
          draft={draft}
          isBusy={busy !== undefined}
          onType={(field, text) => setDraft({ ...draft, typed: { ...draft.typed, [field]: text } })}
          onSubmit={() => void submit(draft)}
          onLeave={() => leave(draft)}
        />
      )}
    </li>
  );
}

const isChanged = (draft: CallerDraft) => Object.keys(changesOfDraft(draft)).length > 0;

/** Whoever calls twice is named once. */
function CallerTexts({ callers }: { readonly callers: readonly CallerFields[] }) {
  const words = useWords();
  const textOf = (caller: CallerFields) =>
    CALLER_FIELDS.map((field) => caller[field])
      .filter(Boolean)
      .join(' · ');
  const texts = [...new Set(callers.map(textOf))].filter((text) => text !== '');
  if (texts.length === 0) return words.text('restricted.none');
  return texts.map((text) => (
    <span key={text} className="restricted-text">
      {text}
    </span>
  ));
}

/** Where somebody else was faster, its button first shows what that was; then it saves. */
function CallerForm({
  draft,
  isBusy,
  onType,
  onSubmit,
  onLeave,
}: {
  readonly draft: CallerDraft;
  readonly isBusy: boolean;
  readonly onType: (field: CallerField, text: string) => void;
  readonly onSubmit: () => void;
  readonly onLeave: () => void;
}) {
  const words = useWords();
  const now = useNow(5000);
  const { overtaken } = draft;
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        onSubmit();
      }}
      onKeyDown={leaveOnEscape(onLeave)}
    >
      {CALLER_FIELDS.map((field) => (
        <CallerInput
          key={field}
          field={field}
          text={draftText(draft, field)}
          theirs={theirText(draft, field)}
          isBusy={isBusy}
          onType={(text) => onType(field, text)}
        />
      ))}
      {overtaken !== undefined && (
        <p className="problem" role="alert">
          {words.text('restricted.overtaken', { by: overtaken.by, time: words.timeNear(overtaken.at, now) })}
        </p>
      )}
      <button type="submit" disabled={isBusy || (overtaken === undefined && !isChanged(draft))}>
        {words.text(overtaken === undefined ? 'restricted.save' : 'restricted.readNew')}
      </button>
    </form>
  );
}

/** One field, and below it what others wrote there meanwhile. */
function CallerInput({
  field,
  text,
  theirs,
  isBusy,
  onType,
}: {
  readonly field: CallerField;
  readonly text: string;
  readonly theirs: string | undefined;
  readonly isBusy: boolean;
  readonly onType: (text: string) => void;
}) {
  const words = useWords();
  const theirsId = `caller-${field}-theirs`;
  const common = {
    name: `caller-${field}`,
    autoComplete: 'off',
    'aria-label': words.text(`restricted.${field}`),
    'aria-describedby': theirs === undefined ? undefined : theirsId,
    placeholder: words.text(`restricted.${field}`),
    maxLength: LONGEST[field],
    readOnly: isBusy, // what is typed while it is being saved would be in neither
    value: text,
    onChange: ({ target }: { readonly target: { readonly value: string } }) => onType(target.value),
  };
  return (
    <>
      {field === 'note' ? (
        <textarea rows={2} {...common} />
      ) : (
        // biome-ignore lint/a11y/noAutofocus: it is the answer to the button that was just pressed
        <input autoFocus={field === 'phone'} type={field === 'phone' ? 'tel' : 'text'} {...common} />
      )}
      {theirs !== undefined && (
        <p id={theirsId} className="warning restricted-text" data-theirs={field}>
          {words.text('restricted.theirs')}: {theirs || words.text('restricted.none')}
        </p>
      )}
    </>
  );
}
