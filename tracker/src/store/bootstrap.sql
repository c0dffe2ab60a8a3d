-- What the migrations themselves stand on; safe to run again.

-- Singletons: rows, because a session-level advisory lock excludes nobody on the embedded database.
CREATE TABLE IF NOT EXISTS lease (
  name       text PRIMARY KEY,
  holder     text NOT NULL,
  token      bigint NOT NULL, -- grows with every change of holder: fences what an earlier holder still does
  expires_at timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS schema_migration (
  name       text PRIMARY KEY,
  sha256     text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
