// Which rows of a board are chosen, and which one the keys are at.

import { useState } from "preact/hooks";

import type { Job } from "../model";
import { span } from "./boardModel";

interface Chosen {
  ids: ReadonlySet<string>;
  /** The row that keys are at. */
  active: string | null;
  /** Where a stretch of rows begins. */
  anchor: string | null;
}

export interface Selection {
  ids: ReadonlySet<string>;
  active: string | null;
  /** Choose one more row, or one less; with `stretch` all rows from the last one on. */
  toggle(id: string, options?: { stretch?: boolean }): void;
  /** Go to a row; with `stretch` the rows on the way are chosen. */
  go(id: string, options?: { stretch?: boolean }): void;
  choose(ids: Iterable<string>): void;
  clear(): void;
}

export function useSelection(jobs: readonly Job[]): Selection {
  const [chosen, set] = useState<Chosen>({ ids: new Set(), active: null, anchor: null });
  const stretched = (before: Chosen, id: string): Chosen => {
    const anchor = before.anchor ?? before.active ?? id;
    return { ids: new Set([...before.ids, ...span(jobs, anchor, id)]), active: id, anchor };
  };
  return {
    ids: chosen.ids,
    active: chosen.active,
    toggle: (id, { stretch = false } = {}) =>
      set((before) => {
        if (stretch) return stretched(before, id);
        const ids = new Set(before.ids);
        if (!ids.delete(id)) ids.add(id);
        return { ids, active: id, anchor: id };
      }),
    go: (id, { stretch = false } = {}) =>
      set((before) => (stretch ? stretched(before, id) : { ...before, active: id, anchor: id })),
    choose: (ids) => set((before) => ({ ...before, ids: new Set(ids) })),
    clear: () => set((before) => ({ ...before, ids: new Set(), anchor: null })),
  };
}
