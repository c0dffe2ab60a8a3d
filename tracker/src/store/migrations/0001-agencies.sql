-- Agencies and what they let each other see or do. Every row of every later table belongs to one agency.
-- Written for PostgreSQL 15 up with PostGIS 3.3 up. Ids are UUIDv7 made in code, so that a command can be retried.

CREATE EXTENSION IF NOT EXISTS postgis;

CREATE TABLE agency (
  id         uuid PRIMARY KEY,
  no         integer GENERATED ALWAYS AS IDENTITY UNIQUE, -- short number for hot rows (fix.agency_no)
  code       text NOT NULL UNIQUE CHECK (code ~ '^[A-Z0-9][A-Z0-9-]{0,31}$'),
  kind       text NOT NULL CHECK (kind IN ('fire_rescue', 'state_police', 'municipal_police', 'port_police',
                                           'ambulance', 'gas', 'state_security', 'contact_centre', 'operator', 'other')),
  name_lv    text NOT NULL,
  name_en    text NOT NULL,
  version    integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- agency_id lets grantee_id see, assist or command what is its own. A wider tier contains the narrower ones.
CREATE TABLE agency_grant (
  id         uuid PRIMARY KEY,
  agency_id  uuid NOT NULL REFERENCES agency,
  grantee_id uuid NOT NULL REFERENCES agency CHECK (grantee_id <> agency_id),
  tier       text NOT NULL CHECK (tier IN ('see', 'assist', 'command')),
  purpose    text NOT NULL,
  valid_from timestamptz NOT NULL DEFAULT now(),
  valid_to   timestamptz,
  revoked_at timestamptz,
  version    integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX agency_grant_grantee ON agency_grant (grantee_id) WHERE revoked_at IS NULL;
