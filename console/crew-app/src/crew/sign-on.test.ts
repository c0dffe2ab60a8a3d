import { expect, it } from 'vitest';
import { fixOfSensor } from '../protocol-client/wire.js';
import { bearingDeg, distanceM, windOf } from './place.js';
import { readToken, storeName } from './sign-on.js';

it('a token is read from what was pasted: alone, with blanks, in a link; never from a query', () => {
  expect(readToken(' abcDEF123._~- ')).toBe('abcDEF123._~-');
  expect(readToken('https://vanags.example/crew-app/#token=abcDEF123')).toBe('abcDEF123');
  expect(readToken('#lang=en&token=abcDEF123')).toBe('abcDEF123');
  expect(readToken('https://vanags.example/crew-app/?token=abcDEF123')).toBeUndefined();
  expect(readToken('two words')).toBeUndefined();
  expect(readToken('')).toBeUndefined();
});

it('each device has a store of its own', () => {
  expect(storeName('abcdefgh1')).toBe(storeName('abcdefgh1'));
  expect(storeName('abcdefgh1')).not.toBe(storeName('abcdefgh2'));
});

it('what a sensor does not know is left out', () => {
  const coords = {
    longitude: 24.10518461,
    latitude: 56.94964871,
    accuracy: 4.23,
    altitude: null,
    speed: null,
    heading: Number.NaN,
  };
  expect(fixOfSensor({ timestamp: 1.4, coords })).toEqual({
    time: 1,
    lon: 24.1051846,
    lat: 56.9496487,
    accuracyM: 4.2,
  });
  const driving = { ...coords, speed: 13.888, heading: 359.999, altitude: 12.4 };
  expect(fixOfSensor({ timestamp: 1, coords: driving })).toMatchObject({
    speedMps: 13.89,
    headingDeg: 0,
    moving: true,
    altitudeM: 12,
  });
  expect(fixOfSensor({ timestamp: 1, coords: { ...coords, latitude: 91 } })).toBeUndefined();
  expect(fixOfSensor({ timestamp: Number.NaN, coords })).toBeUndefined();
});

it('distance and direction, west of Greenwich, south of the equator and across the antimeridian too', () => {
  const degreeM = 111_195;
  expect(distanceM({ lon: 24, lat: 56 }, { lon: 24, lat: 57 })).toBeCloseTo(degreeM, -2);
  expect(distanceM({ lon: 179.5, lat: 0 }, { lon: -179.5, lat: 0 })).toBeCloseTo(degreeM, -2);
  expect(windOf(bearingDeg({ lon: 179.5, lat: 0 }, { lon: -179.5, lat: 0 }))).toBe('e');
  expect(windOf(bearingDeg({ lon: -70, lat: -33 }, { lon: -70, lat: -34 }))).toBe('s');
  expect(windOf(bearingDeg({ lon: -0.1, lat: 51 }, { lon: -0.2, lat: 51.0629 }))).toBe('nw');
  expect(windOf(359)).toBe('n');
});
