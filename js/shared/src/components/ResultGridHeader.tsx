// The header of a grid: name and type of each column; a click sorts, the mark beside it asks for more.

import { cut, visible } from "../cells";
import { conditionText, type GridColumn, type Widths, widthOf } from "../gridState";
import type { Condition } from "../model";
import type { Order } from "../pages";
import { titleText } from "./RowsTable";

export const HEADER_HEIGHT = 46;
const LEAST_WIDTH = 48;
const NAME_LENGTH = 60;

interface HeaderProps {
  columns: readonly GridColumn[];
  widths: Widths;
  numberWidth: number;
  sort: readonly Order[];
  filter: readonly Condition[];
  id: string;
  /** The column in focus, where the header is. */
  focus: number | null;
  onSort: (column: GridColumn, add: boolean) => void;
  onPanel: (column: GridColumn) => void;
  onWidth: (column: GridColumn, width: number) => void;
}

export function ResultGridHeader(props: HeaderProps) {
  return (
    <div class="ff-grid-row ff-grid-header" role="row" aria-rowindex={1} style={{ height: `${HEADER_HEIGHT}px` }}>
      <div class="ff-grid-number" role="columnheader" style={{ width: `${props.numberWidth}px` }}>
        <span class="ff-hidden">row</span>
      </div>
      {props.columns.map((column, at) => (
        <Head key={column.place} {...props} column={column} at={at} />
      ))}
    </div>
  );
}

function Head({ column, at, widths, sort, filter, id, focus, onSort, onPanel, onWidth }: HeaderProps & { column: GridColumn; at: number }) {
  const rank = column.double ? -1 : sort.findIndex((order) => order.column === column.name);
  const order = sort[rank];
  const condition = column.double ? undefined : filter.find((one) => one.column === column.name);
  const name = cut(visible(column.name), NAME_LENGTH);
  const width = widthOf(widths, column);
  const hint = column.double ? "another column has this name: SQL cannot tell them apart" : "click sorts; shift and click adds to the order";
  return (
    <div
      id={`${id}--1-${at}`}
      class={`ff-grid-cell ff-grid-head${column.number ? " ff-num" : ""}${focus === at ? " ff-focused" : ""}`}
      role="columnheader"
      aria-colindex={column.place + 1}
      aria-sort={order ? (order.descending ? "descending" : "ascending") : "none"}
      data-column={at}
      style={{ width: `${width}px` }}
      title={`${titleText(name) ?? name.text}\n${column.type}\n${hint}`}
      onClick={(event) => !column.double && onSort(column, event.shiftKey)}
    >
      <div class="ff-clip">
        {order && (
          <span aria-hidden="true">
            {order.descending ? "▼" : "▲"}
            {sort.length > 1 ? rank + 1 : ""}{" "}
          </span>
        )}
        {name.text}
      </div>
      <div class="ff-clip ff-type">
        {condition && <span title={conditionText(condition)}>▽ </span>}
        {visible(column.type)}
      </div>
      <button
        type="button"
        class="ff-grid-more"
        tabIndex={-1}
        aria-label={`sort, filter or hide ${name.text}`}
        onClick={(event) => {
          event.stopPropagation();
          onPanel(column);
        }}
      >
        ⋮
      </button>
      <div
        class="ff-grid-edge"
        aria-hidden="true"
        onClick={(event) => event.stopPropagation()}
        onPointerDown={(event) => drag(event, width, (to) => onWidth(column, Math.max(to, LEAST_WIDTH)))}
      />
    </div>
  );
}

/** Follow a pointer that pulls the edge of a column. */
function drag(event: PointerEvent, width: number, tell: (width: number) => void): void {
  const edge = event.currentTarget as HTMLElement;
  event.preventDefault();
  edge.setPointerCapture(event.pointerId);
  const begin = event.clientX;
  const moved = (move: PointerEvent): void => tell(width + move.clientX - begin);
  const released = (): void => {
    edge.removeEventListener("pointermove", moved);
    edge.removeEventListener("pointerup", released);
    edge.removeEventListener("pointercancel", released);
  };
  edge.addEventListener("pointermove", moved);
  edge.addEventListener("pointerup", released);
  edge.addEventListener("pointercancel", released);
}
