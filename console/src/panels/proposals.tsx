import { useState } from 'react';
import type { Proposal } from '../state/recommendation.js';
import { Detail } from './detail.js';
import { leaveOnEscape, useCommand, useDesk, useNames, useNow, usePart, useWords } from './use-desk.js';

/** Says that there is something to decide; decides nothing. */
export function ProposalBar() {
  const desk = useDesk();
  const words = useWords();
  const proposals = usePart((state) => state.proposals);
  const isOpen = usePart((state) => state.selection.kind === 'proposals');
  if (proposals.length === 0 || isOpen) return null;
  const preemptions = proposals.filter(({ kind }) => kind === 'preempt').length;
  return (
    <p className="notice proposal-bar" role="status">
      <strong>{words.count('proposals', proposals.length)}</strong>
      {preemptions > 0 && ` · ${words.count('preemptions', preemptions)}`}
      <button type="button" onClick={() => desk.select({ kind: 'proposals' })}>
        {words.text('proposals.open')} <kbd>p</kbd>
      </button>
    </p>
  );
}

/** What may be done since things have changed: what it gains, and at whose cost. Only a person confirms it. */
export function Proposals() {
  const words = useWords();
  const proposals = usePart((state) => state.proposals);
  return (
    <Detail title={words.text('proposals.title')}>
      {proposals.length === 0 && <p className="empty">{words.text('proposals.none')}</p>}
      <ul className="proposals">
        {proposals.map((proposal) => (
          <li key={proposal.id} className={proposal.kind} data-proposal={proposal.kind}>
            <ProposalCard proposal={proposal} />
          </li>
        ))}
      </ul>
    </Detail>
  );
}

function ProposalCard({ proposal }: { readonly proposal: Proposal }) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow();
  const { id, kind, vekId, fromVekId, gainMs, addedMs, shortBefore, shortAfter, madeAt } = proposal;
  const { busy, problem, run } = useCommand();
  /** A unit is taken from an incident only by a second confirmation of the same proposal, as it then stands. */
  const [confirmedVersion, setConfirmedVersion] = useState<number>();
  const [reason, setReason] = useState<string>();
  const { callsigns, vek } = useProposalNames();
  // who loses a unit may not be among those of the incident that it would go to
  const isKnown = usePart(({ veks }) => veks.has(vekId));
  const isAskedAgain = kind === 'preempt' && confirmedVersion === proposal.version;
  const confirm = () => {
    if (kind === 'preempt' && !isAskedAgain) setConfirmedVersion(proposal.version);
    else void run('confirm', () => desk.confirmProposal(id));
  };
  return (
    <>
      <div className="section-head">
        <span className="tag">{words.label('proposalKind', kind)}</span>
        {isKnown ? (
          <button type="button" className="link" onClick={() => desk.select({ kind: 'vek', id: vekId })}>
            {vek(vekId)}
          </button>
        ) : (
          words.text('proposals.elsewhere')
        )}
        <small>{words.ago(now - madeAt)}</small>
      </div>
      <p>
        {words.text(`proposals.${kind}`, {
          send: callsigns(proposal.sendUnitIds),
          release: callsigns(proposal.releaseUnitIds),
          from: fromVekId === null ? '' : vek(fromVekId),
        })}
      </p>
      <p className="fine">
        {[
          gainMs === null ? '' : words.text('proposals.gain', { time: words.age(gainMs) }),
          shortBefore === null || shortAfter === null || shortAfter >= shortBefore
            ? ''
            : words.text('proposals.short', { before: words.decimal(shortBefore), after: words.decimal(shortAfter) }),
        ]
          .filter((text) => text !== '')
          .join(' · ')}
      </p>
      {kind === 'preempt' && fromVekId !== null && (
        <p className="warning">
          {words.text('proposals.bumped', {
            from: vek(fromVekId),
            replacement: callsigns(proposal.replacementUnitIds) || '–',
            added: words.age(addedMs ?? 0),
          })}
        </p>
      )}
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {isAskedAgain && (
        <p className="problem" role="alert">
          {words.text('proposals.twice', { from: fromVekId === null ? '' : vek(fromVekId) })}
        </p>
      )}
      {!isKnown && <p className="fine">{words.text('proposals.othersDecide')}</p>}
      {desk.may('dispatch') &&
        isKnown &&
        (reason === undefined ? (
          <div className="row">
            <button
              type="button"
              className="primary"
              data-confirm={isAskedAgain ? 'again' : 'once'}
              disabled={busy !== undefined}
              onClick={confirm}
            >
              {words.text(isAskedAgain ? 'proposals.confirmAgain' : 'proposals.confirm')}
            </button>
            <button type="button" data-dismiss="" disabled={busy !== undefined} onClick={() => setReason('')}>
              {words.text('proposals.dismiss')}
            </button>
          </div>
        ) : (
          <form
            className="row"
            onSubmit={(event) => {
              event.preventDefault();
              void run('dismiss', () => desk.dismissProposal(id, reason.trim()));
            }}
          >
            <input
              // biome-ignore lint/a11y/noAutofocus: it is the answer to the button that was just pressed
              autoFocus
              required
              maxLength={200}
              aria-label={words.text('proposals.reason')}
              placeholder={words.text('proposals.reason')}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
              onKeyDown={leaveOnEscape(() => setReason(undefined))}
            />
            <button type="submit" disabled={busy !== undefined || reason.trim() === ''}>
              {words.text('proposals.dismiss')}
            </button>
          </form>
        ))}
    </>
  );
}

function useProposalNames() {
  const words = useWords();
  const names = useNames();
  return {
    callsigns: (ids: readonly string[]) => ids.map((id) => names.callsign(id) ?? '?').join(', '),
    vek: (id: string) => words.text('vek.number', { number: names.vekNumber(id) ?? '?' }),
  };
}
