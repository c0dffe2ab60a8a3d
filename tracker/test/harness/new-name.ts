let given = 0;

/** A name that nothing has had yet in this file: a test that is tried again does not meet what its first try has left. */
export function newName(stem: string): string {
  given++;
  return `${stem}_${given}`;
}
