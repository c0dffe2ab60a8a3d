/** A copy of twice the length: buffers of searches grow until they fit, and are then used again and again. */
export function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
