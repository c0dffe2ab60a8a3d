import type { CrewUnit } from '../units/directory.js';
import { lonStepDeg, type TrackPoint } from './track-point.js';
import type { UnitTrack } from './unit-track.js';

type Position = readonly [lon: number, lat: number];
type Geometry =
  | { readonly type: 'Point'; readonly coordinates: Position }
  | { readonly type: 'LineString'; readonly coordinates: readonly Position[] }
  | { readonly type: 'MultiLineString'; readonly coordinates: readonly (readonly Position[])[] };

export interface TrackFeatures {
  readonly type: 'FeatureCollection';
  readonly features: readonly {
    readonly type: 'Feature';
    readonly geometry: Geometry;
    readonly properties: Readonly<Record<string, unknown>>;
  }[];
}

/** What a device is called in an answer. */
export type DeviceIdOf = (deviceHandle: number) => string | null;

/**
 * GeoJSON (RFC 7946): a feature for each piece, with the instant of every position in `times` (epoch ms) in the order of the positions, and one for each
 * fix that was set aside, with why in `suspect`. A piece over the antimeridian is cut there (section 3.1.9), at a position that no fix was made at:
 * its time is interpolated.
 */
export function trackGeoJson(unit: CrewUnit, { pieces, suspects }: UnitTrack, deviceIdOf: DeviceIdOf): TrackFeatures {
  const of = (deviceHandle: number) => ({
    unitId: unit.id,
    callsign: unit.callsign,
    deviceId: deviceIdOf(deviceHandle),
  });
  return {
    type: 'FeatureCollection',
    features: [
      ...pieces.map(({ deviceHandle, points }) => {
        const parts = cutAtAntimeridian(points);
        return {
          type: 'Feature' as const,
          geometry: geometryOf(parts),
          properties: {
            ...of(deviceHandle),
            from: points[0]!.timeMs,
            to: points.at(-1)!.timeMs,
            times: parts.length === 1 ? timesOf(parts[0]!) : parts.map(timesOf),
          },
        };
      }),
      ...suspects.map((point) => ({
        type: 'Feature' as const,
        geometry: { type: 'Point' as const, coordinates: positionOf(point) },
        properties: { ...of(point.deviceHandle), times: [point.timeMs], suspect: point.reason },
      })),
    ],
  };
}

const timesOf = (points: readonly TrackPoint[]) => points.map(({ timeMs }) => timeMs);
const positionOf = ({ lon, lat }: TrackPoint): Position => [toE7(lon), toE7(lat)];
/** Devices report whole 10⁻⁷ degrees, a centimetre; more digits would only pretend. */
const toE7 = (degrees: number) => Math.round(degrees * 1e7) / 1e7;

function geometryOf(parts: readonly (readonly TrackPoint[])[]): Geometry {
  const lines = parts.map((points) => points.map(positionOf));
  if (lines.length > 1) return { type: 'MultiLineString', coordinates: lines };
  const [line] = lines;
  return line!.length === 1 ? { type: 'Point', coordinates: line![0]! } : { type: 'LineString', coordinates: line! };
}

function cutAtAntimeridian(points: readonly TrackPoint[]): TrackPoint[][] {
  const parts: TrackPoint[][] = [[points[0]!]];
  for (const [i, point] of points.slice(1).entries()) {
    const last = points[i]!;
    if (Math.abs(point.lon - last.lon) > 180) {
      const step = lonStepDeg(last.lon, point.lon);
      const edge = step > 0 ? 180 : -180;
      const share = (edge - last.lon) / step;
      const at = {
        timeMs: Math.round(last.timeMs + (point.timeMs - last.timeMs) * share),
        lat: last.lat + (point.lat - last.lat) * share,
      };
      parts.at(-1)!.push({ ...at, lon: edge });
      parts.push([{ ...at, lon: -edge }]);
    }
    parts.at(-1)!.push(point);
  }
  return parts;
}

const XML_ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** Control characters and lone surrogates, which XML 1.0 cannot hold even escaped, are left out or replaced. */
const escapeXml = (text: string) =>
  text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\ufffe\uffff]/gu, '')
    .replaceAll(/[&<>"]/g, (c) => XML_ESCAPES[c]!);

/** GPX 1.1 (topografix.com/GPX/1/1): a track a device, a segment a piece; what was set aside stands beside it as waypoints. */
export function trackGpx(unit: CrewUnit, { pieces, suspects }: UnitTrack, deviceIdOf: DeviceIdOf): string {
  const name = escapeXml(unit.callsign);
  const at = ({ lon, lat }: TrackPoint) => `lat="${toE7(lat)}" lon="${toE7(lon)}"`;
  const time = ({ timeMs }: TrackPoint) => `<time>${new Date(timeMs).toISOString()}</time>`;
  const devices = [...new Set(pieces.map(({ deviceHandle }) => deviceHandle))];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<gpx version="1.1" creator="Vanags" xmlns="http://www.topografix.com/GPX/1/1">',
    // in the order of the schema: waypoints before tracks
    ...suspects.map(
      (point) => `<wpt ${at(point)}>${time(point)}<name>${name}</name><type>suspect: ${point.reason}</type></wpt>`,
    ),
    ...devices.flatMap((device) => [
      `<trk><name>${name}</name><src>${deviceIdOf(device) ?? 'unknown device'}</src>`,
      ...pieces
        .filter(({ deviceHandle }) => deviceHandle === device)
        .map(
          ({ points }) =>
            `<trkseg>${points.map((point) => `<trkpt ${at(point)}>${time(point)}</trkpt>`).join('')}</trkseg>`,
        ),
      '</trk>',
    ]),
    '</gpx>',
    '',
  ].join('\n');
}
