import { basisTexts, peopleText, proofText } from '../i18n/dispatch-words.js';
import type { IncidentAnswer, Recommendation } from '../state/recommendation.js';
import { useWords } from './use-desk.js';

/** What goes in sum, how good the choice is known to be, and what it rests on. */
export function AnswerFooting({ answer }: { readonly answer: Recommendation }) {
  const words = useWords();
  const { basis, tiers, incidents } = answer;
  const { told, weak } = basisTexts(basis, words);
  const proofs = tiers ?? incidents.flatMap(({ proof }) => (proof === null ? [] : [proof.must, proof.should]));
  const isKept = incidents.every(({ record }) => record === 'queued');
  return (
    <div className="footing">
      {weak.map((text) => (
        <p key={text} className="warning">
          {text}
        </p>
      ))}
      {!isKept && <p className="warning">{words.text('who.notKept')}</p>}
      <dl className="facts footing-facts">
        <Sums incidents={incidents} />
        <div>
          <dt>{words.text('proof.title')}</dt>
          <dd>{proofText(proofs, words)}</dd>
        </div>
        <div>
          <dt>{words.text('basis.title')}</dt>
          <dd>{told.join(', ')}</dd>
        </div>
        <Places incidents={incidents} />
      </dl>
    </div>
  );
}

/** Services, people and equipment of all that go. */
function Sums({ incidents }: { readonly incidents: readonly IncidentAnswer[] }) {
  const words = useWords();
  return incidents
    .filter(({ units }) => units.length > 0)
    .map(({ vekId, sums: { services, people, capabilities, equipment } }) => (
      <div key={vekId} className="sums" data-sums="">
        <dt>{words.text('sums.title')}</dt>
        <dd>
          <p>
            {services
              .map(({ service, units, people: crew }) =>
                crew === 0
                  ? `${service}: ${words.count('units', units)}`
                  : words.text('sums.service', {
                      service,
                      units: words.count('units', units),
                      people: words.number(crew),
                    }),
              )
              .join('; ')}
          </p>
          <p>{peopleText(people.known, people.unitsOfUnknownCrew, words)}</p>
          <p>
            {[
              ...Object.entries(capabilities).map(
                ([code, n]) => `${words.label('capability', code)} ${words.number(n)}`,
              ),
              ...Object.entries(equipment).map(([code, n]) => `${words.label('equipment', code)} ${words.number(n)}`),
            ].join(', ')}
          </p>
        </dd>
      </div>
    ));
}

/** Territories and norms of the places, each told once. */
function Places({ incidents }: { readonly incidents: readonly IncidentAnswer[] }) {
  const words = useWords();
  const territories = new Set(
    incidents.flatMap((incident) =>
      incident.territories.map(
        ({ nameLv, nameEn, approximate }) =>
          `${words.language === 'lv' ? nameLv : nameEn}${approximate ? ` (${words.text('basis.approximate')})` : ''}`,
      ),
    ),
  );
  const norms = new Set(
    incidents.flatMap((incident) =>
      incident.norms.flatMap(({ service, targetMs, source, certainty }) =>
        targetMs === null
          ? []
          : `${service} ${words.minutes(targetMs)} (${source}${certainty === 'read' ? '' : `, ${words.label('certainty', certainty)}`})`,
      ),
    ),
  );
  return (
    <>
      {territories.size > 0 && (
        <div>
          <dt>{words.text('basis.place')}</dt>
          <dd>{[...territories].join(', ')}</dd>
        </div>
      )}
      {norms.size > 0 && (
        <div>
          <dt>{words.text('basis.norms')}</dt>
          <dd>{[...norms].join('; ')}</dd>
        </div>
      )}
    </>
  );
}
