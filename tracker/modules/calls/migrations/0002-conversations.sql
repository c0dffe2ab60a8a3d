-- Conversations in writing, and from where calls were read.

ALTER TABLE calls.call
  ADD COLUMN conversation text, -- the source's name of it, or the phone; null: spoken
  ADD COLUMN needs text[] NOT NULL DEFAULT '{}'; -- of the caller: cannot_hear, cannot_speak
CREATE INDEX call_conversation ON calls.call (source, conversation, received_at DESC) WHERE conversation IS NOT NULL;

CREATE TABLE calls.message (
  id                uuid PRIMARY KEY,
  call_id           uuid NOT NULL REFERENCES calls.call ON DELETE CASCADE,
  position          integer NOT NULL, -- in its conversation, from 1 on, as it came
  direction         text NOT NULL CHECK (direction IN ('from_caller', 'to_caller')),
  source            text,
  source_message_id text,             -- its own name of the message
  words             text NOT NULL,
  sent_at           timestamptz NOT NULL, -- by the clock of whoever sent it
  received_at       timestamptz NOT NULL DEFAULT now(),
  written_by        text,             -- who of the desk
  state             text CHECK (state IN ('waiting', 'handed_over', 'delivered', 'read', 'failed')),
  state_at          timestamptz,
  UNIQUE (call_id, position),
  UNIQUE (source, source_message_id),
  CHECK ((direction = 'to_caller') = (written_by IS NOT NULL)),
  CHECK ((direction = 'to_caller') = (state IS NOT NULL)),
  CHECK ((direction = 'from_caller') = (source_message_id IS NOT NULL))
);
CREATE INDEX message_waiting ON calls.message (call_id) WHERE state = 'waiting';

-- A place may come with a message; and a card is told that its caller has written.
ALTER TABLE calls.aml_report DROP CONSTRAINT aml_report_form_check, ADD CHECK (form IN ('https', 'sms', 'message'));
ALTER TABLE calls.outbox DROP CONSTRAINT outbox_kind_check, ADD CHECK (kind IN ('create', 'place', 'written')),
  ADD COLUMN note_id uuid; -- the id of the comment by which the card is told

ALTER TABLE calls.access_log ALTER COLUMN call_id DROP NOT NULL, -- of a list
  ADD COLUMN purpose text,   -- this and the next, null: written before they were kept
  ADD COLUMN source_ip text;
CREATE INDEX access_log_reader ON calls.access_log (subject, action, at DESC);
CREATE FUNCTION calls.access_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the log of accesses only grows' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER access_log_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON calls.access_log
  FOR EACH STATEMENT EXECUTE FUNCTION calls.access_log_only_grows();
