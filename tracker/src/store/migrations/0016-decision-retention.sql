-- Decisions and settled proposals go by age: the oldest are found without a scan.
CREATE INDEX decision_at ON decision (at);
CREATE INDEX proposal_settled ON proposal (settled_at) WHERE state <> 'open';
