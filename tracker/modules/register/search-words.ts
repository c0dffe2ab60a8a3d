const LETTERS = 'āčēģīķļņōŗšūž';
const PLAIN = 'acegiklnorsuz';

/**
 * What a person typed, as a question to PostgreSQL's `tsquery`: all of its words, by their beginnings, numbers as they are. Folded as the
 * function register.words folds what is searched. Null: no words in it.
 */
export function wordsQuery(text: string): string | null {
  const words = [...text.toLowerCase()]
    .map((letter) => PLAIN[LETTERS.indexOf(letter)] ?? letter)
    .join('')
    .match(/[\p{L}\p{N}]+/gu);
  return words === null ? null : words.map((word) => (/\d/.test(word) ? `'${word}'` : `'${word}':*`)).join(' & ');
}
