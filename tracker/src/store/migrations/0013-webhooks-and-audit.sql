-- Where events are pushed to, device tokens that overlap while they are changed, and an audit log that only grows.

-- One agency's subscription: its events, as its rights allow at that moment, are posted to url in the feed's order.
CREATE TABLE webhook (
  id              uuid PRIMARY KEY,
  agency_id       uuid NOT NULL REFERENCES agency,
  url             text NOT NULL,
  types           text[] NOT NULL DEFAULT '{}', -- full names, or prefixes that end in `.*`; empty: all
  subjects        text[] NOT NULL DEFAULT '{}', -- kinds of aggregates, or `kind/id`; empty: all
  secret          bytea NOT NULL,               -- signs each request; a hash of it would not do
  previous_secret bytea,                        -- signs as well until its time is over
  previous_until  timestamptz,
  position        bigint NOT NULL,              -- of the feed: what was accepted there
  parked_code     text,                         -- why nothing is sent any more; null: it is
  parked_at       timestamptz,
  created_by      text NOT NULL,
  version         integer NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL DEFAULT now(),
  CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
  CHECK ((parked_code IS NULL) = (parked_at IS NULL))
);
CREATE INDEX webhook_agency ON webhook (agency_id);

-- A device's earlier token counts beside the new one until its time is over.
ALTER TABLE device ADD COLUMN previous_token_sha256 bytea UNIQUE CHECK (octet_length(previous_token_sha256) = 32);
ALTER TABLE device ADD COLUMN previous_token_until timestamptz;
ALTER TABLE device ADD CHECK ((previous_token_sha256 IS NULL) = (previous_token_until IS NULL));

-- An entry is written once, and once given its place in the chain. Whoever takes these triggers away still breaks the chain.
CREATE FUNCTION audit_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.position IS NULL AND NEW.position IS NOT NULL AND NEW.hash IS NOT NULL
       AND (OLD.seq, OLD.id, OLD.agency_id, OLD.actor, OLD.purpose, OLD.action, OLD.subject_kind, OLD.subject_id, OLD.source_ip,
            OLD.detail, OLD.at)
           IS NOT DISTINCT FROM
           (NEW.seq, NEW.id, NEW.agency_id, NEW.actor, NEW.purpose, NEW.action, NEW.subject_kind, NEW.subject_id, NEW.source_ip,
            NEW.detail, NEW.at) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE OR DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION audit_entry_only_grows();
CREATE TRIGGER audit_entry_not_emptied BEFORE TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_only_grows();
CREATE INDEX audit_entry_actor ON audit_entry (agency_id, actor, position);

-- The end of the chain moves on only, so that its last entries cannot be cut off unseen.
CREATE FUNCTION feed_head_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.position >= OLD.position AND NEW.floor >= OLD.floor
       AND (NEW.audit_position > OLD.audit_position
            OR NEW.audit_position = OLD.audit_position AND NEW.audit_hash = OLD.audit_hash) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the head of the feed and of the audit log only moves on' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER feed_head_forward BEFORE UPDATE OR DELETE ON feed_head FOR EACH ROW EXECUTE FUNCTION feed_head_only_grows();
