// The cells of a grid: those in sight are in the document, the scroll bar stands for all rows, however many.

import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";

import { cellText } from "../cells";
import { countText } from "../format";
import { blockOf, type Cell, type GridColumn, movedTo, type Widths, widthOf } from "../gridState";
import type { Condition } from "../model";
import type { Order, Pages } from "../pages";
import type { Transport } from "../transport";
import { scrolledTo, type Track, trackOf } from "../track";
import { copyBlock } from "./gridCopy";
import { HEADER_HEIGHT, ResultGridHeader } from "./ResultGridHeader";
import { CellWords, titleText } from "./RowsTable";

const ROW_HEIGHT = 28;

export interface GridRowsProps {
  transport: Transport;
  pages: Pages;
  rows: number;
  /** The columns in sight. */
  columns: readonly GridColumn[];
  /** How many columns the result has. */
  all: number;
  widths: Widths;
  sort: readonly Order[];
  filter: readonly Condition[];
  height: number;
  label: string;
  /** A row to bring into sight; a new object asks again. */
  goTo: { row: number } | null;
  onSort: (column: GridColumn, add: boolean) => void;
  onPanel: (column: GridColumn) => void;
  onWidth: (column: GridColumn, width: number) => void;
}

export function ResultGridRows(props: GridRowsProps) {
  const { transport, pages, rows, columns, widths, label, goTo } = props;
  const id = useId();
  const [focus, setFocus] = useState<Cell>({ row: 0, column: 0 });
  const [anchor, setAnchor] = useState<Cell>({ row: 0, column: 0 });
  const [said, setSaid] = useState("");
  const track = trackOf(rows, ROW_HEIGHT, props.height - HEADER_HEIGHT);
  const { box, at: scrolled, move } = useScroll(track);
  // Other rows begin at their first; the place of before is not even asked for.
  const rowsNow = useRef<readonly unknown[]>([props.sort, props.filter]);
  const others = rowsNow.current[0] !== props.sort || rowsNow.current[1] !== props.filter;
  const at = others ? 0 : scrolled;
  const first = Math.min(Math.floor(at / ROW_HEIGHT), Math.max(rows - 1, 0));
  const count = Math.min(Math.ceil(track.height / ROW_HEIGHT) + 1, rows - first);
  const numberWidth = Math.max(48, countText(rows).length * 8 + 16);
  useLayoutEffect(() => {
    if (!others) return;
    rowsNow.current = [props.sort, props.filter];
    move(0);
    const top: Cell = { row: Math.min(focus.row, 0), column: focus.column };
    setFocus(top);
    setAnchor(top);
  }, [props.sort, props.filter]);
  useLayoutEffect(() => pages.want(first, Math.max(count, 1)), [pages, first, count]);

  const go = (cell: Cell, extend: boolean): void => {
    setFocus(cell);
    if (!extend) setAnchor(cell);
    if (cell.row >= 0) move(scrolledTo(track, at, cell.row));
    box.current?.querySelector(`[data-column="${cell.column}"]`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  useEffect(() => {
    if (goTo) go({ row: Math.min(goTo.row, rows - 1), column: focus.column }, false);
    if (goTo) box.current?.focus();
  }, [goTo]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const command = event.ctrlKey || event.metaKey;
    const column = columns[focus.column];
    if (command && event.key.toLowerCase() === "c") {
      event.preventDefault();
      void copyBlock(transport, pages, blockOf(anchor, focus)).then(setSaid);
    } else if (column && event.altKey && event.key === "ArrowDown") {
      event.preventDefault();
      props.onPanel(column);
    } else if (column && focus.row < 0 && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      props.onSort(column, event.shiftKey);
    } else {
      const bounds = { rows, columns: columns.length, page: Math.max(1, Math.floor(track.height / ROW_HEIGHT) - 1) };
      const next = movedTo(focus, event.key, command, bounds);
      if (!next) return;
      event.preventDefault();
      go(next, event.shiftKey && next.row >= 0);
    }
  };
  const width = numberWidth + columns.reduce((sum, column) => sum + widthOf(widths, column), 0);
  const block = blockOf(anchor, focus);
  return (
    <div>
      <div
        ref={box}
        class="ff-grid"
        role="grid"
        aria-label={label}
        aria-rowcount={rows + 1}
        aria-colcount={props.all}
        aria-multiselectable="true"
        aria-activedescendant={`${id}-${focus.row}-${focus.column}`}
        tabIndex={0}
        style={{ height: `${HEADER_HEIGHT + track.height}px` }}
        onKeyDown={onKeyDown}
      >
        <div style={{ height: `${HEADER_HEIGHT + track.tall}px`, width: `${width}px`, minWidth: "100%" }}>
          <div class="ff-grid-sight" role="rowgroup">
            <ResultGridHeader
              {...{ columns, widths, sort: props.sort, filter: props.filter, id, numberWidth }}
              focus={focus.row < 0 ? focus.column : null}
              onSort={props.onSort}
              onPanel={props.onPanel}
              onWidth={props.onWidth}
            />
            <div class="ff-grid-body" style={{ height: `${track.height}px` }}>
              <div style={{ transform: `translateY(${-(at - first * ROW_HEIGHT)}px)` }}>
                {Array.from({ length: Math.max(count, 0) }, (_, step) => {
                  const row = first + step;
                  return (
                    <Row key={row} {...{ row, pages, columns, widths, numberWidth, id, focus, block }} onCell={go} />
                  );
                })}
              </div>
            </div>
          </div>
        </div>
      </div>
      <div class="ff-muted ff-small ff-grid-said" role="status">
        {said || (pages.waiting && `${pages.waiting} …`)}
      </div>
    </div>
  );
}

interface RowProps {
  row: number;
  pages: Pages;
  columns: readonly GridColumn[];
  widths: Widths;
  numberWidth: number;
  id: string;
  focus: Cell;
  block: { row: number; rows: number; column: number; columns: number };
  onCell: (cell: Cell, extend: boolean) => void;
}

function Row({ row, pages, columns, widths, numberWidth, id, focus, block, onCell }: RowProps) {
  const place = pages.at(row);
  const inBlock = row >= block.row && row < block.row + block.rows;
  return (
    <div class="ff-grid-row" role="row" aria-rowindex={row + 2}>
      <div class="ff-grid-number ff-muted" role="rowheader" style={{ width: `${numberWidth}px` }}>
        {countText(row + 1)}
      </div>
      {columns.map((column, at) => {
        const cell = place ? cellText(place.table.getChildAt(at), place.row, 200) : undefined;
        const chosen = inBlock && at >= block.column && at < block.column + block.columns;
        const focused = focus.row === row && focus.column === at;
        return (
          <div
            key={column.place}
            id={`${id}-${row}-${at}`}
            class={`ff-grid-cell${column.number ? " ff-num" : ""}${chosen ? " ff-chosen" : ""}${focused ? " ff-focused" : ""}`}
            role="gridcell"
            aria-colindex={column.place + 1}
            aria-selected={chosen}
            style={{ width: `${widthOf(widths, column)}px` }}
            title={titleText(cell) ?? (cell && !cell.null && cell.text.length > 16 ? cell.text : undefined)}
            onMouseDown={(event) => onCell({ row, column: at }, event.shiftKey)}
          >
            {place ? <CellWords cell={cell} /> : <span class="ff-muted">…</span>}
          </div>
        );
      })}
    </div>
  );
}

/** The place of the scroll bar as pixels of the whole list; beyond what a browser can hold, the bar is scaled. */
function useScroll(track: Track) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const now = useRef({ at: 0, top: 0, track });
  now.current.track = track;
  const move = (to: number): void => {
    const { current } = now;
    current.at = Math.max(0, Math.min(to, current.track.wholeRoom));
    if (box.current) {
      box.current.scrollTop = current.track.topOf(current.at);
      current.top = box.current.scrollTop;
    }
    setAt(current.at);
  };
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const scrolled = (): void => {
      const { current } = now;
      // A bar that stands where it was put says less than what was put.
      if (Math.abs(element.scrollTop - current.top) < 1) return;
      current.top = element.scrollTop;
      current.at = current.track.atOf(current.top);
      setAt(current.at);
    };
    const turned = (event: WheelEvent): void => {
      if (!now.current.track.scaled || !event.deltaY || event.shiftKey || event.ctrlKey) return;
      event.preventDefault();
      move(now.current.at + event.deltaY * (event.deltaMode === 1 ? ROW_HEIGHT : 1));
    };
    element.addEventListener("scroll", scrolled);
    element.addEventListener("wheel", turned, { passive: false });
    return () => {
      element.removeEventListener("scroll", scrolled);
      element.removeEventListener("wheel", turned);
    };
  }, []);
  useLayoutEffect(() => {
    if (at > track.wholeRoom) move(track.wholeRoom);
  }, [track.wholeRoom]);
  return { box, at: Math.min(at, track.wholeRoom), move };
}
