// The rows of a job: the preview while it works, the first of its result when it is done, as table or chart.

import { useEffect, useMemo, useState } from "preact/hooks";

import { fromBase64, readArrow, type Table } from "../arrow";
import { hasEnded } from "../format";
import type { Problem } from "../model";
import type { JobStore, JobView } from "../store";
import { fetchReply } from "../transport";
import { Loading, problemOf, ProblemNote } from "../ui/kit";
import { RowsTable } from "./RowsTable";

const ROWS = 10;
const ARROW = "application/vnd.apache.arrow.stream";

export function JobRows({ store, view }: { store: JobStore; view: JobView }) {
  const { job } = view;
  return job.status === "COMPLETED" && job.has_result ? (
    <Result store={store} id={job.id} />
  ) : (
    <Preview view={view} />
  );
}

function Preview({ view }: { view: JobView }) {
  const { preview, job } = view;
  const table = useMemo(() => (preview?.ipc ? readArrow(fromBase64(preview.ipc)) : null), [preview?.ipc]);
  if (!preview || !table || job.status === "COMPLETED") return null;
  const read = `preview, ${Math.floor(preview.fraction * 100)} % read`;
  return (
    <div>
      <div class="ff-row">
        <i>{read}</i>
        {!hasEnded(job.status) && <span class="ff-muted ff-small">of what is read so far; no estimate of the whole</span>}
      </div>
      <RowsTable table={table} label={read} most={ROWS} total={Math.max(preview.rows, table.numRows)} />
    </div>
  );
}

interface Rows {
  table: Table;
  total: number;
}

function Result({ store, id }: { store: JobStore; id: string }) {
  const [rows, setRows] = useState<Rows | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let away = false;
    setProblem(null);
    firstRows(store, id).then(
      (found) => !away && setRows(found),
      (error: unknown) => !away && setProblem(problemOf(error)),
    );
    return () => {
      away = true;
    };
  }, [store, id, turn]);
  if (problem) return <ProblemNote problem={problem} retry={() => setTurn(turn + 1)} />;
  if (!rows) return <Loading what="the result" />;
  return <RowsTable table={rows.table} label="result" most={ROWS} total={rows.total} />;
}

async function firstRows(store: JobStore, id: string): Promise<Rows> {
  const path = `jobs/${encodeURIComponent(id)}/result`;
  const { body, headers } = await fetchReply(store.transport, "GET", path, { query: { limit: ROWS }, accept: ARROW });
  const table = readArrow(body);
  return { table, total: totalOf(headers) ?? table.numRows };
}

function totalOf(headers: Readonly<Record<string, string>>): number | null {
  const name = Object.keys(headers).find((one) => one.toLowerCase() === "x-total-rows");
  return name === undefined ? null : Number(headers[name]);
}
