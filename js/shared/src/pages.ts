// Rows of a result that is somewhere else: the pages in sight are here, the next one is on its way, others are not.

import { readArrow, type Table } from "./arrow";
import type { Condition, Problem } from "./model";
import { fetchReply, type Query, ServiceError, type Transport, unreachable } from "./transport";

export const ARROW = "application/vnd.apache.arrow.stream";
/** Bytes of one page, as the service makes it. */
const PAGE_BYTES = 256 * 1024;
/** Bytes that a page should have: a screen of rows and some more. */
const GOOD_BYTES = 96 * 1024;
/** Bytes of all pages that are kept. */
const KEPT_BYTES = 2 * 1024 * 1024 - PAGE_BYTES;
const FIRST_ROWS = 100;
const MOST_ROWS = 5000;
/** Characters of a text that are sent to be looked at. */
export const CUT = 1000;
const ASK_AGAIN_MS = 1500;

export interface Order {
  column: string;
  descending: boolean;
}

/** Which rows of a result, which of its columns, in which order. */
export interface RowsView {
  /** Path of the rows: `jobs/ab12/result`. */
  path: string;
  sort: readonly Order[];
  filter: readonly Condition[];
  /** Places of the columns. */
  columns: readonly number[];
}

/** The query of some rows of a view. */
export function rowsQuery({ sort, filter, columns }: Omit<RowsView, "path">, more: Query): Query {
  return {
    ...more,
    sort: sort.length ? JSON.stringify(sort) : undefined,
    filter: filter.length ? JSON.stringify(filter) : undefined,
    columns: columns.length ? JSON.stringify(columns) : undefined,
  };
}

interface Page {
  start: number;
  table: Table;
  bytes: number;
}

export interface Place {
  table: Table;
  row: number;
}

/** Pages of one view: `want` says what is in sight, `listener` is called when something came or failed. */
export class Pages {
  readonly view: RowsView;
  /** Rows that pass the filter; null before the first page is here. */
  total: number | null = null;
  problem: Problem | null = null;
  /** What the service says while it sorts. */
  waiting = "";
  readonly #transport: Transport;
  readonly #listener: () => void;
  /** The last used one at the end. */
  #pages: Page[] = [];
  #bytes = 0;
  #wanted = { first: 0, count: 1 };
  #forward = true;
  #size = FIRST_ROWS;
  #busy = false;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(transport: Transport, view: RowsView, listener: () => void) {
    this.#transport = transport;
    this.view = view;
    this.#listener = listener;
  }

  /** Bytes of the pages that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Where a row is, if it is here. */
  at(row: number): Place | null {
    const page = this.#pageOf(row);
    return page ? { table: page.table, row: row - page.start } : null;
  }

  /** Say which rows are in sight: what is missing of them is asked for, and then the next page. */
  want(first: number, count: number): void {
    this.#forward = first >= this.#wanted.first;
    this.#wanted = { first, count };
    for (const page of this.#pages.filter((one) => overlaps(one, first, count))) this.#use(page);
    this.#ask();
  }

  /** Ask again after a failure. */
  retry(): void {
    this.problem = null;
    this.#listener();
    this.#ask();
  }

  /** Ask for nothing more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#pages = [];
  }

  #ask(): void {
    if (this.#busy || this.#closed || this.problem) return;
    const start = this.#missing();
    if (start === null) return;
    this.#busy = true;
    this.#fetch(start).then(
      () => this.#done(),
      (error: unknown) => this.#failed(error),
    );
  }

  /** The row to ask for: the first in sight that is not here, else the first of the page to come. */
  #missing(): number | null {
    const { first, count } = this.#wanted;
    const end = Math.min(first + count, this.total ?? Infinity);
    for (let row = first; row < end; ) {
      const page = this.#pageOf(row);
      if (!page) return this.#startOf(row);
      row = page.start + page.table.numRows;
    }
    const next = this.#forward ? end : first - 1;
    if (this.total === null || next < 0 || next >= this.total || this.#pageOf(next)) return null;
    return this.#startOf(next);
  }

  /** Where a page that holds a row begins: at it when going down, so that it ends with it when going up. */
  #startOf(row: number): number {
    if (this.#forward) return row;
    const start = Math.max(0, row - this.#size + 1);
    const before = this.#pages.filter((page) => page.start <= row);
    return Math.min(row, Math.max(start, ...before.map((page) => page.start + page.table.numRows)));
  }

  async #fetch(start: number): Promise<void> {
    const query = rowsQuery(this.view, { offset: start, limit: this.#size, cut: CUT, max_bytes: PAGE_BYTES });
    const reply = await fetchReply(this.#transport, "GET", this.view.path, { query, accept: ARROW });
    if (this.#closed) return;
    // A message may hold more than the page, and would be kept with it.
    const body = reply.body.slice();
    const table = readArrow(body);
    this.total = totalOf(reply.headers) ?? start + table.numRows;
    this.waiting = "";
    if (!table.numRows) return;
    this.#keep({ start, table, bytes: body.byteLength });
    const wide = body.byteLength / table.numRows;
    this.#size = Math.max(1, Math.min(Math.floor(GOOD_BYTES / wide), MOST_ROWS));
  }

  #done(): void {
    this.#busy = false;
    if (this.#closed) return;
    this.#listener();
    this.#ask();
  }

  #failed(error: unknown): void {
    this.#busy = false;
    if (this.#closed) return;
    const problem = error instanceof ServiceError ? error.problem : unreachable(String(error));
    if (problem.reason === "NotReadyError") {
      this.waiting = problem.message;
      this.#timer = setTimeout(() => this.#ask(), ASK_AGAIN_MS);
    } else {
      this.problem = problem;
    }
    this.#listener();
  }

  #keep(page: Page): void {
    this.#pages.push(page);
    this.#bytes += page.bytes;
    const { first, count } = this.#wanted;
    while (this.#bytes > KEPT_BYTES) {
      const oldest = this.#pages.find((one) => one !== page && !overlaps(one, first, count));
      if (!oldest) return;
      this.#pages.splice(this.#pages.indexOf(oldest), 1);
      this.#bytes -= oldest.bytes;
    }
  }

  #use(page: Page): void {
    this.#pages.splice(this.#pages.indexOf(page), 1);
    this.#pages.push(page);
  }

  #pageOf(row: number): Page | undefined {
    return this.#pages.find((page) => overlaps(page, row, 1));
  }
}

function overlaps(page: Page, first: number, count: number): boolean {
  return page.start < first + count && first < page.start + page.table.numRows;
}

/** How many rows there are in all, as the service says beside a page. */
export function totalOf(headers: Record<string, string>): number | null {
  const name = Object.keys(headers).find((one) => one.toLowerCase() === "x-total-rows");
  const total = name === undefined ? Number.NaN : Number(headers[name]);
  return Number.isFinite(total) ? total : null;
}
