// The rows of a job: the preview while it works, the first of its result when it is done.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { fromBase64, readArrow, type Table } from "../arrow";
import { hasEnded } from "../format";
import { columnsOf } from "../gridState";
import type { Problem } from "../model";
import type { JobStore, JobView } from "../store";
import { fetchReply } from "../transport";
import { Button, Loading, problemOf, ProblemNote } from "../ui/kit";
import { ResultChart } from "./ResultChart";
import { RowsTable } from "./RowsTable";
import { TableChart } from "./TableChart";

const ROWS = 10;
const ARROW = "application/vnd.apache.arrow.stream";

interface Rows {
  /** Whose rows they are: a job that takes another's place shows that one's until it has its own. */
  job: string;
  /** What they are in a word; empty for a result. */
  label: string;
  table: Table;
  total: number;
}

export function JobRows({ store, view }: { store: JobStore; view: JobView }) {
  const { job } = view;
  const done = job.status === "COMPLETED" && job.has_result;
  const [drawn, setDrawn] = useState(false);
  const preview = usePreview(view);
  const { rows: result, problem, retry } = useResult(store, done ? job.id : "");
  const last = useRef<Rows | null>(null);
  last.current = (done ? result : preview) ?? last.current;
  const rows = last.current;
  if (problem) return <ProblemNote problem={problem} retry={retry} />;
  if (!rows) return done ? <Loading what="the result" /> : null;
  const former = rows.job !== job.id;
  return (
    <div class="ff-stack">
      <div class="ff-row">
        <i>{former ? "rows of the job before" : rows.label || "result"}</i>
        {!former && !hasEnded(job.status) && (
          <span class="ff-muted ff-small">of what is read so far; no estimate of the whole</span>
        )}
        {rows.total > 0 && (
          <Button onClick={() => setDrawn(!drawn)} label={drawn ? "Show the rows as a table" : "Show the rows as a chart"}>
            {drawn ? "Table" : "Chart"}
          </Button>
        )}
      </div>
      {drawn ? (
        <RowsChart store={store} rows={rows} done={done && !former} />
      ) : (
        <RowsTable table={rows.table} label={rows.label || "result"} most={ROWS} total={rows.total} />
      )}
    </div>
  );
}

/** The rows as a chart: all of a result, or what is here of a preview. */
function RowsChart({ store, rows, done }: { store: JobStore; rows: Rows; done: boolean }) {
  const columns = useMemo(() => columnsOf(rows.table.schema.fields), [rows.table]);
  const view = useMemo(
    () => ({ path: `jobs/${encodeURIComponent(rows.job)}/result`, sort: [], filter: [], columns: columns.map((_, at) => at) }),
    [rows.job, columns],
  );
  if (!done) return <TableChart table={rows.table} total={rows.total} />;
  return <ResultChart transport={store.transport} view={view} columns={columns} total={rows.total} />;
}

function usePreview({ job, preview }: JobView): Rows | null {
  return useMemo(() => {
    if (!preview?.ipc) return null;
    const table = readArrow(fromBase64(preview.ipc));
    const label = `preview, ${Math.floor(preview.fraction * 100)} % read`;
    return { job: job.id, label, table, total: Math.max(preview.rows, table.numRows) };
  }, [job.id, preview]);
}

/** The first rows of a job's result; nothing is asked without an id. */
function useResult(store: JobStore, id: string): { rows: Rows | null; problem: Problem | null; retry: () => void } {
  const [rows, setRows] = useState<Rows | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    setProblem(null);
    if (!id) return undefined;
    let away = false;
    firstRows(store, id).then(
      (found) => !away && setRows(found),
      (error: unknown) => !away && setProblem(problemOf(error)),
    );
    return () => {
      away = true;
    };
  }, [store, id, turn]);
  return { rows: rows?.job === id ? rows : null, problem, retry: () => setTurn(turn + 1) };
}

async function firstRows(store: JobStore, id: string): Promise<Rows> {
  const path = `jobs/${encodeURIComponent(id)}/result`;
  const { body, headers } = await fetchReply(store.transport, "GET", path, { query: { limit: ROWS }, accept: ARROW });
  const table = readArrow(body);
  return { job: id, label: "", table, total: totalOf(headers) ?? table.numRows };
}

function totalOf(headers: Readonly<Record<string, string>>): number | null {
  const name = Object.keys(headers).find((one) => one.toLowerCase() === "x-total-rows");
  return name === undefined ? null : Number(headers[name]);
}
