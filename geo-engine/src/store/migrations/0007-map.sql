-- Lines of the offline base map: roads and rivers. `generated` ones are made up, and shown as such.
CREATE TABLE map_line (
  id        uuid PRIMARY KEY,
  agency_id uuid NOT NULL REFERENCES agency, -- who published it
  layer     text NOT NULL CHECK (layer IN ('road', 'river')),
  class     text NOT NULL, -- OpenStreetMap's words: trunk, primary … residential; river
  min_zoom  smallint NOT NULL CHECK (min_zoom BETWEEN 0 AND 14), -- drawn from this zoom on
  ref       text,
  name      text,
  generated boolean NOT NULL,
  line      geometry(LineString, 3857) NOT NULL -- Web Mercator, as tiles want it
);
CREATE INDEX map_line_line ON map_line USING gist (line);
