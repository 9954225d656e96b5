// The map of chunks: a cell for each, by file and segment, as the job goes.

import { memo } from "preact/compat";
import { useRef, useState } from "preact/hooks";

import { visible } from "../cells";
import { countText } from "../format";
import type { ChunkRow } from "../model";
import type { JobView } from "../store";
import { Empty } from "../ui/kit";
import { cellText, fateOf, legend, rowText } from "./chunkWords";

interface Cell {
  row: number;
  at: number;
}

export function ChunkMap({ view }: { view: JobView }) {
  const [cell, setCell] = useState<Cell>({ row: 0, at: 0 });
  const [pointed, setPointed] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const rows = view.chunks?.rows ?? [];
  if (!rows.length) {
    return (
      <Empty>
        No map of chunks: it comes a second after the job has begun to read files, and goes with the traces of long ended jobs.
      </Empty>
    );
  }
  const row = rows[cell.row];
  const go = (to: Cell): void => {
    const found = rows[to.row];
    if (!found) return;
    const at = Math.max(0, Math.min(to.at, found.cells.length - 1));
    setCell({ row: to.row, at });
    setPointed(true);
    box.current?.querySelector<HTMLElement>(`[data-cell="${to.row}/${at}"]`)?.focus();
  };
  const keys = (event: KeyboardEvent): void => {
    const { row: r, at } = cell;
    const length = row?.cells.length ?? 0;
    const moves: Record<string, Cell> = {
      ArrowRight: at + 1 < length ? { row: r, at: at + 1 } : { row: r + 1, at: 0 },
      ArrowLeft: at > 0 ? { row: r, at: at - 1 } : { row: r - 1, at: Number.POSITIVE_INFINITY },
      ArrowDown: { row: r + 1, at },
      ArrowUp: { row: r - 1, at },
      Home: { row: r, at: 0 },
      End: { row: r, at: length - 1 },
    };
    const to = moves[event.key];
    if (!to) return;
    go(to);
    event.preventDefault();
  };
  const point = (event: Event): void => {
    const found = (event.target as HTMLElement).dataset?.cell?.split("/").map(Number);
    if (!found) return;
    setCell({ row: found[0] ?? 0, at: found[1] ?? 0 });
    setPointed(true);
  };
  const perCell = rows[0]?.per_cell ?? 1;
  return (
    <div class="ff-stack">
      <div class="ff-row ff-chunks-legend">
        {legend(rows).map(({ fate, cells }) => (
          <span key={fate.letter} class="ff-row ff-chunks-key">
            <span class={`ff-chunk ff-chunk-${fate.look}`} aria-hidden="true">
              {fate.sign}
            </span>
            {fate.word} <span class="ff-muted">{countText(cells)}</span>
          </span>
        ))}
        {perCell > 1 && <span class="ff-muted">a cell is {countText(perCell)} chunks</span>}
      </div>
      <div ref={box} role="group" aria-label="chunks" class="ff-chunks" onKeyDown={keys} onPointerOver={point} onFocusIn={point}>
        {rows.map((each, place) => (
          <Row
            key={place}
            row={each}
            place={place}
            first={each.stage !== rows[place - 1]?.stage}
            whole={wholeFile(rows, place)}
            here={place === cell.row ? cell.at : -1}
          />
        ))}
      </div>
      <div role="status" class="ff-chunks-told">
        {pointed && row ? visible(cellText(row, Math.min(cell.at, row.cells.length - 1))) : "Point at a cell, or go there by arrow keys."}
      </div>
    </div>
  );
}

function wholeFile(rows: readonly ChunkRow[], place: number): boolean {
  const row = rows[place];
  return [rows[place - 1], rows[place + 1]].every((other) => other?.stage !== row?.stage || other?.names[0] !== row?.names[0]);
}

interface RowProps {
  row: ChunkRow;
  place: number;
  first: boolean;
  whole: boolean;
  /** Where the keys are in this row; -1 in another. */
  here: number;
}

// Events bring all rows anew once a second: those that are the same are not drawn again.
const Row = memo(DrawnRow, (one, other) => {
  const same = one.row.cells === other.row.cells && one.row.names[0] === other.row.names[0];
  return same && one.row.start === other.row.start && one.here === other.here && one.whole === other.whole;
});

function DrawnRow({ row, place, first, whole, here }: RowProps) {
  const name = visible(rowText(row, whole));
  return (
    <>
      {first && <div class="ff-chunks-stage ff-muted ff-small">{visible(row.stage)}</div>}
      <div class="ff-chunks-name ff-clip ff-small" title={visible(row.names.slice(0, 20).join("\n"))}>
        <bdi>{name}</bdi>
      </div>
      <div class="ff-chunks-cells">
        {Array.from(row.cells, (letter, at) => {
          const fate = fateOf(letter);
          return (
            <span
              key={at}
              role="img"
              data-cell={`${place}/${at}`}
              tabIndex={at === here ? 0 : -1}
              class={`ff-chunk ff-chunk-${fate.look}`}
              aria-label={visible(cellText(row, at))}
            >
              {fate.sign}
            </span>
          );
        })}
      </div>
    </>
  );
}
