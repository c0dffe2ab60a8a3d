-- Territories and shelters: the geography that outlives the process.

CREATE TABLE territory (
  id          uuid PRIMARY KEY,
  agency_id   uuid NOT NULL REFERENCES agency, -- who published it
  kind        text NOT NULL CHECK (kind IN ('country', 'region', 'municipality', 'town', 'port', 'norm_zone', 'duty_area')),
  code        text NOT NULL,                   -- ATVK code for municipalities
  name_lv     text NOT NULL,
  name_en     text NOT NULL,
  approximate boolean NOT NULL,                -- generated, not surveyed: shown as such
  boundary    geometry(MultiPolygon, 4326) NOT NULL,
  attributes  jsonb NOT NULL DEFAULT '{}',
  version     integer NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (agency_id, kind, code)
);
CREATE INDEX territory_boundary ON territory USING gist (boundary);

-- Attributes as published, and the ones that are not published kept null: nothing unknown is shown as known.
CREATE TABLE shelter (
  id            uuid PRIMARY KEY,
  agency_id     uuid NOT NULL REFERENCES agency,
  source        text NOT NULL,
  source_id     text NOT NULL,
  municipality  text,
  address_line  text NOT NULL,
  use_raw       text NOT NULL,
  use_code      text NOT NULL CHECK (use_code IN ('school', 'preschool', 'culture', 'administration', 'residential', 'health', 'social',
                                                  'library_museum', 'sport', 'trade_office', 'industry_storage', 'hotel', 'other')),
  category      smallint CHECK (category BETWEEN 1 AND 3),
  capacity      integer CHECK (capacity >= 0),
  accessible    boolean,
  entrance_note text,
  entrance      geometry(Point, 4326) NOT NULL,
  published     boolean NOT NULL,
  version       integer NOT NULL DEFAULT 1,
  updated_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (source, source_id)
);
CREATE INDEX shelter_entrance ON shelter USING gist (entrance);
