// All jobs of the user: filtered, searched, sorted, live; many of them stopped or deleted at once.

import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";

import { countText, hasEnded } from "../format";
import type { Job } from "../model";
import type { JobStore } from "../store";
import { Confirm } from "../ui/confirm";
import { Empty, Loading, ProblemNote } from "../ui/kit";
import { type Range, Virtual } from "../ui/virtual";
import { BoardList, type BoardState } from "./boardList";
import { type BoardQuery, divided } from "./boardModel";
import { deleteAll, lossText, stopAll } from "./bulk";
import { BoardChosen, BoardFilter, BoardHead } from "./JobsBoardBar";
import { JobsBoardRow } from "./JobsBoardRow";
import { type Selection, useSelection } from "./useSelection";

const ROW = 28;
const COMPACT_ROW = 48;
const TICK_MS = 1000;

interface BoardProps {
  store: JobStore;
  /** For the width of a side panel: two lines a job, no columns. */
  compact?: boolean;
  /** Pixels that the rows take at most. */
  height?: number;
  /** A row was clicked, or Enter pressed on it. */
  onOpen?: (id: string) => void;
}

export function JobsBoard({ store, compact = false, height = 420, onOpen }: BoardProps) {
  const [list, state] = useBoardList(store);
  const selection = useSelection(state.jobs);
  const [asking, setAsking] = useState<"stop" | "delete" | null>(null);
  const chosen = useMemo(() => state.jobs.filter((job) => selection.ids.has(job.id)), [state.jobs, selection.ids]);
  const { live, ended } = divided(chosen);
  const ask = (change: Partial<BoardQuery>): void => void list.ask({ ...list.state.query, ...change });
  return (
    <section class={`ff-board ff-stack${compact ? " ff-board-compact" : ""}`} aria-label="jobs">
      <BoardFilter query={state.query} counts={state.counts} compact={compact} onAsk={ask} />
      {chosen.length > 0 && (
        <BoardChosen
          live={live.length}
          ended={ended.length}
          onStop={() => setAsking("stop")}
          onDelete={() => setAsking("delete")}
          onClear={selection.clear}
        />
      )}
      {asking && <Ask what={asking} store={store} live={live} ended={ended} onClose={() => setAsking(null)} />}
      {state.problem && <ProblemNote problem={state.problem} retry={() => ask({})} />}
      <div class="ff-board-list">
        {!compact && <BoardHead query={state.query} onAsk={ask} />}
        <Rows
          list={list}
          state={state}
          selection={selection}
          compact={compact}
          height={height}
          onOpen={onOpen}
          onDelete={() => ended.length && setAsking("delete")}
        />
      </div>
      <Foot state={state} />
    </section>
  );
}

/** A list that lives as long as its board. */
function useBoardList(store: JobStore): [BoardList, BoardState] {
  const [, draw] = useState(0);
  const list = useMemo(() => new BoardList(store, () => draw((count) => count + 1)), [store]);
  useEffect(() => list.open(), [list]);
  return [list, list.state];
}

interface AskProps {
  what: "stop" | "delete";
  store: JobStore;
  live: readonly Job[];
  ended: readonly Job[];
  onClose: () => void;
}

function Ask({ what, store, live, ended, onClose }: AskProps) {
  // What is asked about is what was chosen then, whatever becomes of the selection meanwhile.
  const [jobs] = useState(what === "stop" ? live : ended);
  const [left] = useState(what === "stop" ? 0 : live.length);
  const verb = what === "stop" ? "Stop" : "Delete";
  return (
    <Confirm
      question={`${verb} ${countText(jobs.length, "job")}?`}
      action={`${verb} ${countText(jobs.length, "job")}`}
      onConfirm={() => (what === "stop" ? stopAll(store, jobs) : deleteAll(store, jobs))}
      onClose={onClose}
    >
      {what === "stop" ? "What they have scanned is kept: resumed, they go on from there." : lossText(jobs)}
      {left > 0 && <div>{`${countText(left, "chosen job")} ${left === 1 ? "has not ended and is" : "have not ended and are"} left alone.`}</div>}
    </Confirm>
  );
}

interface RowsProps {
  list: BoardList;
  state: BoardState;
  selection: Selection;
  compact: boolean;
  height: number;
  onOpen: ((id: string) => void) | undefined;
  onDelete: () => void;
}

function Rows({ list, state, selection, compact, height, onOpen, onDelete }: RowsProps) {
  const uid = useId();
  const { jobs, total } = state;
  const range = useRef<Range>({ first: 0, count: 0 });
  const rowHeight = compact ? COMPACT_ROW : ROW;
  const at = jobs.findIndex((job) => job.id === selection.active);
  const now = useNow(jobs.slice(range.current.first, range.current.first + range.current.count));
  if (!total && state.loading) return <Loading what="jobs" />;
  if (!total) return state.problem ? null : <Nothing query={state.query} />;
  const goTo = (row: number, stretch: boolean): void => {
    const job = jobs[Math.max(0, Math.min(row, jobs.length - 1))];
    if (job) selection.go(job.id, { stretch });
    void list.need(Math.min(row, total - 1));
  };
  const keys = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(height / rowHeight) - 1);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: total - 1,
    };
    const to = moves[event.key];
    const job = jobs[at];
    if (to !== undefined) goTo(to, event.shiftKey);
    else if (event.key === " " && job) selection.toggle(job.id);
    else if (event.key === "Enter" && job) onOpen?.(job.id);
    else if (event.key === "Escape") selection.clear();
    else if (event.key === "Delete") onDelete();
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      void list.all().then(() => selection.choose(list.state.jobs.map((one) => one.id)));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <Virtual
      rows={total}
      rowHeight={rowHeight}
      height={height}
      label="jobs"
      reveal={at < 0 ? undefined : at}
      onRange={(seen) => {
        range.current = seen;
        void list.need(seen.first + seen.count - 1);
      }}
      attributes={{
        role: "grid",
        "aria-rowcount": total,
        "aria-multiselectable": true,
        "aria-activedescendant": at < 0 ? undefined : `${uid}-${at}`,
        "aria-busy": state.loading,
        onKeyDown: keys,
        onFocus: () => at < 0 && jobs[0] && selection.go(jobs[0].id),
      }}
    >
      {({ first, count }) =>
        Array.from({ length: count }, (_, place) => {
          const job = jobs[first + place];
          if (!job) return <div key={first + place} class="ff-board-row ff-muted" aria-hidden="true" />;
          return (
            <JobsBoardRow
              key={job.id}
              id={`${uid}-${first + place}`}
              job={job}
              fraction={state.views.get(job.id)?.fraction ?? 0}
              now={now}
              place={first + place}
              chosen={selection.ids.has(job.id)}
              active={job.id === selection.active}
              compact={compact}
              onChoose={(options) => selection.toggle(job.id, options)}
              onOpen={() => {
                selection.go(job.id);
                onOpen?.(job.id);
              }}
            />
          );
        })
      }
    </Virtual>
  );
}

/** The time, in seconds; it goes on as long as a job in sight is at work. */
function useNow(seen: readonly Job[]): number {
  const [now, set] = useState(() => Date.now() / 1000);
  const live = seen.some((job) => !hasEnded(job.status));
  useEffect(() => {
    if (!live) return undefined;
    const timer = setInterval(() => set(Date.now() / 1000), TICK_MS);
    return () => clearInterval(timer);
  }, [live]);
  return now;
}

function Nothing({ query }: { query: BoardQuery }) {
  const asked = query.text || query.statuses.length;
  return <Empty>{asked ? "No job fits." : "No jobs yet: run a %%fusionflow cell, or submit a query."}</Empty>;
}

function Foot({ state }: { state: BoardState }) {
  const { total, loading, cut } = state;
  return (
    <div class="ff-muted ff-small ff-row" role="status">
      {total > 0 && <span>{countText(total, "job")}</span>}
      {loading && total > 0 && <span>loading …</span>}
      {cut && <span>The job service is being reached again.</span>}
    </div>
  );
}
