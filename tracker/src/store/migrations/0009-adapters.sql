-- Devices that speak other people's protocols: how they are known, and how they join.

-- A name that a client cannot help but send in clear (an IMEI, an OwnTracks topic, the id of a resource). It proves nothing: from an address in
-- networks it is believed, from anywhere else the device is an untrusted source.
CREATE TABLE device_alias (
  alias      text PRIMARY KEY CHECK (length(alias) BETWEEN 1 AND 200),
  agency_id  uuid NOT NULL REFERENCES agency,
  device_id  uuid NOT NULL REFERENCES device,
  networks   text[] NOT NULL DEFAULT '{}', -- CIDR, IPv4 and IPv6
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX device_alias_device ON device_alias (device_id);

-- A code that a crew types once to bring a phone into its unit. Only its SHA-256 is kept.
CREATE TABLE join_code (
  code_sha256 bytea PRIMARY KEY CHECK (octet_length(code_sha256) = 32),
  agency_id   uuid NOT NULL REFERENCES agency,
  unit_id     uuid NOT NULL REFERENCES unit,
  device_kind text NOT NULL, -- of the device that is made when the code is used
  device_name text NOT NULL,
  priority    smallint NOT NULL,
  created_by  text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz,
  device_id   uuid REFERENCES device -- that joined with it
);
CREATE INDEX join_code_expiry ON join_code (expires_at);
