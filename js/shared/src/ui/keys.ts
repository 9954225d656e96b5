// Keys and focus of a view that stands in a notebook.

import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

const CONTROLS = "button:not([disabled]), a[href], input, select, textarea, [tabindex='0']";

/**
 * Keep the keys of typing and choosing from the notebook around, where Enter, A and D D do something to cells;
 * Shift+Enter and those with Ctrl, Alt or Cmd go on to it.
 */
export function keepKeys(box: HTMLElement): void {
  box.addEventListener("keydown", (event) => {
    const forOthers = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
    if (!forOthers) event.stopPropagation();
  });
}

/** Give the focus to the first control of a box; nothing happens where it has none. */
export function focusFirst(box: HTMLElement): void {
  box.querySelector<HTMLElement>(CONTROLS)?.focus();
}

/** The ref of a box that keeps the focus when the control that had it is no longer drawn: its first one takes it. */
export function useKeptFocus<T extends HTMLElement>(): RefObject<T> {
  const box = useRef<T>(null);
  // Before anything is drawn; whoever has the focus now may be taken away.
  const before = box.current?.contains(document.activeElement) ? document.activeElement : null;
  useLayoutEffect(() => {
    if (before && !before.isConnected && box.current) focusFirst(box.current);
  });
  return box;
}
