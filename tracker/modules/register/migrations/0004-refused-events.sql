-- Events of the feed of which the database refused a value, in the place of their effect: tried again at each start.
CREATE TABLE register.refused_event (
  follower   text NOT NULL,
  event_id   text NOT NULL,
  event      text NOT NULL, -- JSON as the feed gave it; as jsonb it might be what is refused
  reason     text NOT NULL, -- as the database said it
  refused_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (follower, event_id)
);
