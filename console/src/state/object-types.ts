/** Objects that a card may name, in the project's own codes; those of run cards are offered too. */
export const OBJECT_TYPES = [
  'school',
  'kindergarten',
  'hospital',
  'care_home',
  'high_rise',
  'shopping_centre',
  'hotel',
  'place_of_assembly',
  'fuel_terminal',
  'filling_station',
  'power_plant',
  'railway',
  'airport',
  'port',
  'prison',
] as const;
