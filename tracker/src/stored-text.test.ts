import { expect, it } from 'vitest';
import { text } from './stored-text.js';

it('T77 a text is kept as it came, but for half a character', () => {
  const said = ['', 'Brīvības iela', 'deg 🚨', '\ufffd', '\t\r\n\u0001'];
  for (const value of said) expect(text(20).parse(value)).toBe(value);
  expect(text(20).parse('deg \ud83d')).toBe('deg \ufffd');
  expect(text(20).parse('\udea8 deg')).toBe('\ufffd deg');
  for (const value of said.map((value) => `${value}\0`)) expect(text(20).safeParse(value).success).toBe(false);
});
