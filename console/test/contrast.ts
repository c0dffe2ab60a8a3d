/** A text on the page that stands out too little from what is behind it. */
export interface FaintText {
  readonly text: string;
  readonly ratio: number;
  readonly where: string;
}

/**
 * Runs in the page: every text that is shown, by the colours that the browser computed, against the nearest ground that is drawn
 * behind it. Source: WCAG 2.2, 1.4.3, with its relative luminance; switched-off controls are exempt there too.
 */
export function faintTexts(leastRatio: number): FaintText[] {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  /** Whatever CSS calls a colour, as red, green, blue 0..255 and alpha 0..1. */
  const parse = (colour: string): [number, number, number, number] => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r!, g!, b!, a! / 255];
  };
  const over = (top: readonly number[], alpha: number, below: readonly number[]) =>
    [0, 1, 2].map((i) => top[i]! * alpha + below[i]! * (1 - alpha));
  const luminance = (colour: readonly number[]) => {
    const [r, g, b] = colour.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const groundOf = (element: Element | null): number[] => {
    if (element === null) return [255, 255, 255];
    const [r, g, b, a] = parse(getComputedStyle(element).backgroundColor);
    return a === 1 ? [r, g, b] : over([r, g, b], a, groundOf(element.parentElement));
  };
  const opacityOf = (element: Element | null): number =>
    element === null ? 1 : Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement);
  const faint: FaintText[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement!;
    const text = node.textContent!.trim();
    if (text === '' || element.closest('.hidden, .skip, :disabled, [aria-disabled=true], noscript, option, script'))
      continue;
    if (!element.checkVisibility()) continue;
    const ground = groundOf(element);
    const [r, g, b, a] = parse(getComputedStyle(element).color);
    const [light, dark] = [over([r, g, b], a * opacityOf(element), ground), ground]
      .map(luminance)
      .sort((x, y) => y - x);
    const ratio = (light! + 0.05) / (dark! + 0.05);
    if (ratio < leastRatio) faint.push({ text, ratio, where: `${element.tagName}.${element.className}` });
  }
  return faint;
}
