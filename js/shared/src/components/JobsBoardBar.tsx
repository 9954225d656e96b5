// What stands above the rows of a board: which jobs, in which order, and what is done with the chosen ones.

import { useEffect, useRef, useState } from "preact/hooks";

import { countText } from "../format";
import type { Status } from "../model";
import { Button } from "../ui/kit";
import { type BoardQuery, GROUPS, SORTS, type SortKey } from "./boardModel";

/** A search begins when nothing was typed for so many milliseconds. */
const TYPED_MS = 250;

interface FilterProps {
  query: BoardQuery;
  counts: Readonly<Record<Status, number>> | null;
  compact: boolean;
  onAsk: (change: Partial<BoardQuery>) => void;
}

export function BoardFilter({ query, counts, compact, onAsk }: FilterProps) {
  return (
    <div class="ff-row ff-board-filter">
      <Search text={query.text} onSearch={(text) => onAsk({ text })} />
      <div class="ff-row ff-board-groups" role="group" aria-label="status">
        {GROUPS.map(({ word, statuses }) => {
          const on = statuses.every((status) => query.statuses.includes(status));
          const rest = query.statuses.filter((status) => !statuses.includes(status));
          return (
            <button
              key={word}
              type="button"
              class="ff-board-chip"
              aria-pressed={on}
              onClick={() => onAsk({ statuses: on ? rest : [...rest, ...statuses] })}
            >
              {word} <span class="ff-muted">{counts ? countText(sum(counts, statuses)) : ""}</span>
            </button>
          );
        })}
      </div>
      {compact && <SortChoice query={query} onAsk={onAsk} />}
    </div>
  );
}

function sum(counts: Readonly<Record<Status, number>>, statuses: readonly Status[]): number {
  return statuses.reduce((total, status) => total + (counts[status] ?? 0), 0);
}

function Search({ text, onSearch }: { text: string; onSearch: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (value: string, wait = TYPED_MS): void => {
    setTyped(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(value.trim()), wait);
  };
  return (
    <input
      class="ff-input ff-board-search"
      type="search"
      placeholder="Search name, SQL, id"
      aria-label="search jobs"
      value={typed}
      onInput={(event) => type(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") type(event.currentTarget.value, 0);
      }}
    />
  );
}

function SortChoice({ query, onAsk }: { query: BoardQuery; onAsk: (change: Partial<BoardQuery>) => void }) {
  const at = SORTS.findIndex(({ key, up }) => key === query.sort && up === query.up);
  return (
    <select
      class="ff-input"
      aria-label="order"
      value={String(Math.max(at, 0))}
      onChange={(event) => {
        const sort = SORTS[Number(event.currentTarget.value)];
        if (sort) onAsk({ sort: sort.key, up: sort.up });
      }}
    >
      {SORTS.map(({ word }, place) => (
        <option key={word} value={String(place)}>
          {word}
        </option>
      ))}
    </select>
  );
}

const COLUMNS: readonly { word: string; sort?: SortKey; up?: boolean; num?: boolean; class?: string }[] = [
  { word: "Status", sort: "status", up: true },
  { word: "Job", sort: "name", up: true },
  { word: "Bytes", sort: "bytes_total", num: true },
  { word: "Rows", sort: "rows_read", num: true, class: "ff-board-more" },
  { word: "Rejects", num: true, class: "ff-board-more" },
  { word: "Started", sort: "created", num: true, class: "ff-board-when" },
  { word: "Duration", sort: "duration", num: true, class: "ff-board-more" },
  { word: "Cluster", class: "ff-board-cluster" },
];

/** The names of the columns; most of them sort. */
export function BoardHead({ query, onAsk }: { query: BoardQuery; onAsk: (change: Partial<BoardQuery>) => void }) {
  return (
    <div class="ff-board-row ff-board-head" role="group" aria-label="sort by">
      <span />
      {COLUMNS.map(({ word, sort, up = false, num = false, class: more = "" }) => {
        const on = sort === query.sort;
        return (
          <span key={word} class={`${num ? "ff-num" : ""} ${more}`}>
            {sort ? (
              <button
                type="button"
                class="ff-board-sort"
                aria-pressed={on}
                onClick={() => onAsk({ sort, up: on ? !query.up : up })}
              >
                {word}
                {on && <span aria-label={query.up ? "least first" : "greatest first"}>{query.up ? " ▲" : " ▼"}</span>}
              </button>
            ) : (
              word
            )}
          </span>
        );
      })}
    </div>
  );
}

interface ChosenProps {
  live: number;
  ended: number;
  onStop: () => void;
  onDelete: () => void;
  onClear: () => void;
}

/** What can be done with the chosen jobs. */
export function BoardChosen({ live, ended, onStop, onDelete, onClear }: ChosenProps) {
  return (
    <div class="ff-row" role="group" aria-label="chosen jobs">
      <span role="status">{countText(live + ended, "job")} chosen</span>
      <Button disabled={!live} onClick={onStop}>
        Stop {live || ""}
      </Button>
      <Button disabled={!ended} onClick={onDelete}>
        Delete {ended || ""}
      </Button>
      <Button kind="bare" onClick={onClear}>
        Clear
      </Button>
    </div>
  );
}
