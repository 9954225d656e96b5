// The scroll bar of a list of any length: pixels of the bar, and pixels of the list that it stands for.

/** Browsers clip elements taller than some 17 million pixels: beyond this the scroll bar is scaled. */
const TALLEST = 8_000_000;

export interface Track {
  rowHeight: number;
  /** Pixels that are seen at once. */
  height: number;
  /** Pixels of the element that is scrolled. */
  tall: number;
  /** How far the list itself can be moved, in pixels. */
  wholeRoom: number;
  scaled: boolean;
  /** Pixels of the list from the place of the bar, and back. */
  atOf: (top: number) => number;
  topOf: (at: number) => number;
}

export function trackOf(rows: number, rowHeight: number, most: number): Track {
  const whole = rows * rowHeight;
  const height = Math.min(Math.max(rows, 3) * rowHeight, Math.floor(most / rowHeight) * rowHeight);
  const tall = Math.max(Math.min(whole, TALLEST), height);
  const wholeRoom = Math.max(whole - height, 0);
  const scale = tall > height ? wholeRoom / (tall - height) : 1;
  return {
    rowHeight,
    height,
    tall,
    wholeRoom,
    scaled: whole > TALLEST,
    atOf: (top) => Math.max(0, Math.min(top * scale, wholeRoom)),
    topOf: (at) => at / scale,
  };
}

/** Where the list must stand so that a row is in sight whole, moved as little as can be. */
export function scrolledTo({ rowHeight, height }: Track, at: number, row: number): number {
  const begin = row * rowHeight;
  if (begin < at) return begin;
  if (begin + rowHeight > at + height) return begin + rowHeight - height;
  return at;
}
