import { describe, expect, test } from 'vitest';
import { ACCESS } from '../../road-network.js';
import { directedAccessOf, hasUnreadOneway, type Oneway, onewayOf } from './direction.js';

type Tags = Record<string, string>;
type Expected = keyof typeof ACCESS;
const map = (tags: Tags) => new Map(Object.entries(tags));

describe('onewayOf', () => {
  test.each<[Tags, Oneway]>([
    [{}, 'none'],
    [{ oneway: 'yes' }, 'forward'],
    [{ oneway: 'true' }, 'forward'],
    [{ oneway: '1' }, 'forward'],
    [{ oneway: '-1' }, 'backward'],
    [{ oneway: 'reverse' }, 'backward'],
    [{ oneway: 'no' }, 'none'],
    [{ oneway: 'false' }, 'none'],
    [{ oneway: '0' }, 'none'],
    [{ oneway: 'reversible' }, 'reversible'],
    [{ oneway: 'alternating' }, 'none'],
    [{ oneway: 'sometimes' }, 'none'],
    [{ oneway: 'constructor' }, 'none'],
    [{ junction: 'roundabout' }, 'forward'],
    [{ junction: 'circular' }, 'forward'],
    [{ junction: 'jughandle' }, 'none'],
    [{ junction: 'roundabout', oneway: '-1' }, 'backward'],
    [{ junction: 'roundabout', oneway: 'no' }, 'none'],
    [{ highway: 'motorway' }, 'forward'],
    [{ highway: 'motorway', oneway: 'no' }, 'none'],
    [{ highway: 'motorway_link' }, 'none'],
    [{ highway: 'motorway', oneway: 'sometimes' }, 'forward'],
    [{ oneway: 'yes', 'oneway:motor_vehicle': 'no' }, 'none'],
    [{ oneway: 'no', 'oneway:motorcar': 'yes' }, 'forward'],
    [{ oneway: 'yes', 'oneway:vehicle': '-1' }, 'backward'],
    [{ oneway: 'yes', 'oneway:bicycle': 'no' }, 'forward'],
  ])('G25 %j: %s', (tags, expected) => {
    expect(onewayOf(map(tags))).toBe(expected);
  });
});

describe('directedAccessOf', () => {
  test.each<[Tags, Expected, Expected]>([
    [{}, 'yes', 'yes'],
    [{ oneway: 'yes' }, 'yes', 'contraflow'],
    [{ oneway: '-1' }, 'contraflow', 'yes'],
    [{ oneway: 'reversible' }, 'contraflow', 'contraflow'],
    [{ oneway: 'yes', access: 'private' }, 'private', 'contraflow'],
    [{ oneway: 'yes', access: 'no' }, 'no', 'no'],
    [{ oneway: 'yes', motor_vehicle: 'no' }, 'restricted', 'contraflow'],
    // a way against it for buses or emergency services
    [{ oneway: 'yes', 'oneway:bus': 'no' }, 'yes', 'restricted'],
    [{ oneway: 'yes', 'oneway:psv': 'no' }, 'yes', 'restricted'],
    [{ oneway: 'yes', 'oneway:emergency': 'no' }, 'yes', 'restricted'],
    [{ oneway: 'yes', 'oneway:conditional': 'no @ emergency' }, 'yes', 'restricted'],
    [{ oneway: 'yes', busway: 'opposite_lane' }, 'yes', 'restricted'],
    [{ oneway: '-1', 'busway:left': 'opposite_lane' }, 'restricted', 'yes'],
    [{ oneway: 'yes', busway: 'lane' }, 'yes', 'contraflow'],
    [{ oneway: 'yes', 'oneway:bicycle': 'no' }, 'yes', 'contraflow'],
    // nobody drives against the traffic of a motorway
    [{ highway: 'motorway' }, 'yes', 'no'],
    [{ highway: 'motorway_link', oneway: 'yes' }, 'yes', 'no'],
    [{ highway: 'trunk', oneway: 'yes' }, 'yes', 'contraflow'],
  ])('G25 %j: %s along, %s against', (tags, along, against) => {
    expect(directedAccessOf(map(tags), 'road')).toMatchObject({ forward: ACCESS[along], backward: ACCESS[against] });
  });

  test('G25 a condition that is not read is noticed, one on emergency vehicles is read', () => {
    expect(hasUnreadOneway(map({ 'oneway:conditional': 'yes @ (07:00-09:00)' }))).toBe(true);
    expect(hasUnreadOneway(map({ 'oneway:conditional': 'no @ emergency' }))).toBe(false);
    expect(hasUnreadOneway(map({ oneway: 'yes' }))).toBe(false);
  });
});
