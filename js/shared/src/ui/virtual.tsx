// A list of any length of which only the rows in sight are in the document.

import type { ComponentChildren, HTMLAttributes } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Browsers clip elements taller than some 17 million pixels: beyond this the scroll bar is scaled. */
const TALLEST = 8_000_000;

export interface Range {
  first: number;
  count: number;
}

/** Which rows are in sight, from the place of the scroll bar. */
export function inSight(top: number, height: number, rowHeight: number, rows: number): Range & { offset: number } {
  const whole = rows * rowHeight;
  const tall = Math.min(whole, TALLEST);
  const room = Math.max(tall - height, 1);
  const wholeRoom = Math.max(whole - height, 0);
  const at = tall === whole ? top : (Math.min(top, room) / room) * wholeRoom;
  const first = Math.max(0, Math.min(Math.floor(at / rowHeight), rows - 1));
  const count = Math.min(Math.ceil(height / rowHeight) + 1, rows - first);
  return { first, count: Math.max(count, 0), offset: top - (at - first * rowHeight) };
}

interface VirtualProps {
  rows: number;
  /** Pixels. */
  rowHeight: number;
  /** Pixels that are seen at once. */
  height: number;
  label: string;
  children: (range: Range) => ComponentChildren;
  onRange?: (range: Range) => void;
  /** A row to bring into sight whenever it changes. */
  reveal?: number | undefined;
  /** More of the box that scrolls: its role, its keys. */
  attributes?: HTMLAttributes<HTMLDivElement>;
}

/** Where the scroll bar must stand so that a row is in sight whole; undefined where it is. */
export function placeOf(row: number, top: number, height: number, rowHeight: number, rows: number): number | undefined {
  const whole = rows * rowHeight;
  const room = Math.max(Math.min(whole, TALLEST) - height, 0);
  const wholeRoom = Math.max(whole - height, 0);
  const scale = wholeRoom ? room / wholeRoom : 1;
  const at = scale ? top / scale : 0;
  if (row * rowHeight < at) return Math.floor(row * rowHeight * scale);
  if ((row + 1) * rowHeight > at + height) return Math.ceil(((row + 1) * rowHeight - height) * scale);
  return undefined;
}

/** Scrolls over `rows` rows; `children` draws those in sight. */
export function Virtual({ rows, rowHeight, height, label, children, onRange, reveal, attributes }: VirtualProps) {
  const [top, setTop] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const shown = Math.min(height, Math.max(rows, 1) * rowHeight);
  const { first, count, offset } = inSight(top, shown, rowHeight, rows);
  useLayoutEffect(() => onRange?.({ first, count }), [first, count]);
  useLayoutEffect(() => {
    const to = reveal === undefined ? undefined : placeOf(reveal, top, shown, rowHeight, rows);
    if (to !== undefined && box.current) box.current.scrollTop = to;
  }, [reveal]);
  return (
    <div
      ref={box}
      class="ff-scroll"
      style={{ height: `${shown}px`, position: "relative" }}
      role="group"
      aria-label={label}
      tabIndex={0}
      {...attributes}
      onScroll={() => setTop(box.current?.scrollTop ?? 0)}
    >
      <div style={{ height: `${Math.min(rows * rowHeight, TALLEST)}px` }} aria-hidden="true" />
      <div style={{ position: "absolute", insetInline: 0, top: `${offset}px` }}>{children({ first, count })}</div>
    </div>
  );
}
