/** The package ships no types; only what is used here. */
declare module 'fs-native-extensions' {
  /** Takes an exclusive lock on an open file for as long as it stays open (an open-file-description lock); false: somebody has it. */
  export function tryLock(fd: number): boolean;
}
