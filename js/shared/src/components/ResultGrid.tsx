// Rows of a result that stays where it is: pages of them, sorted and filtered by the service.

import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import { readArrow } from "../arrow";
import { columnsOf, COLUMNS_AT_ONCE, filteredBy, type GridColumn, resized, sortedBy, type Widths } from "../gridState";
import type { Condition, Problem } from "../model";
import { ARROW, type Order, Pages, type RowsView, totalOf } from "../pages";
import { fetchReply, type Transport } from "../transport";
import { Loading, ProblemNote, problemOf } from "../ui/kit";
import { ResultGridBar } from "./ResultGridBar";
import { ResultGridPanel } from "./ResultGridPanel";
import { ResultGridRows } from "./ResultGridRows";
import { ResultChart } from "./ResultChart";

interface ResultGridProps {
  transport: Transport;
  /** Id of the job whose rows they are. */
  job: string;
  /** Its result, or what it rejected. */
  what?: "result" | "rejects";
  /** Pixels of the rows and their header. */
  height?: number;
}

interface Opened {
  columns: GridColumn[];
  total: number;
}

/** The grid, with what leads to it: loading, refused, expired. */
export function ResultGrid({ transport, job, what = "result", height = 340 }: ResultGridProps) {
  const path = `jobs/${encodeURIComponent(job)}/${what}`;
  const [opened, setOpened] = useState<Opened | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const open = useCallback((): void => {
    setOpened(null);
    setProblem(null);
    fetchReply(transport, "GET", path, { query: { limit: 0 }, accept: ARROW }).then(
      ({ body, headers }) => {
        const table = readArrow(body);
        setOpened({ columns: columnsOf(table.schema.fields), total: totalOf(headers) ?? 0 });
      },
      (error: unknown) => setProblem(problemOf(error)),
    );
  }, [transport, path]);
  useEffect(open, [open]);
  if (problem) return <ProblemNote problem={problem} retry={open} />;
  if (!opened) return <Loading what={`the ${what}`} />;
  return <Grid transport={transport} job={job} what={what} path={path} height={height} {...opened} />;
}

type GridProps = Required<ResultGridProps> & Opened & { path: string };

function Grid({ transport, job, what, path, height, columns, total }: GridProps) {
  const [sort, setSort] = useState<Order[]>([]);
  const [filter, setFilter] = useState<Condition[]>([]);
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const [start, setStart] = useState(0);
  const [widths, setWidths] = useState<Widths>({});
  const [panel, setPanel] = useState<number | null>(null);
  const [chart, setChart] = useState(false);
  const [goTo, setGoTo] = useState<{ row: number } | null>(null);

  const kept = useMemo(() => columns.filter((column) => !hidden.has(column.place)), [columns, hidden]);
  const seen = useMemo(() => kept.slice(start, start + COLUMNS_AT_ONCE), [kept, start]);
  const view = useMemo<RowsView>(
    () => ({ path, sort, filter, columns: seen.map((column) => column.place) }),
    [path, sort, filter, seen],
  );
  const pages = usePages(transport, view);
  const rows = pages.total ?? (filter.length ? 0 : total);
  const filterOf = (column: GridColumn, condition: Condition | null): void =>
    setFilter((now) => filteredBy(now, column.name, condition));
  const asked = panel === null ? undefined : columns[panel];
  return (
    <section class="ff-stack ff-result" aria-label={`${what} of job ${job}`} data-lm-suppress-shortcuts="true">
      <ResultGridBar
        {...{ transport, view, job, what, columns, kept, start, hidden, rows, total, filter, chart }}
        onFilter={setFilter}
        onColumns={setStart}
        onHidden={setHidden}
        onGoTo={(row) => setGoTo({ row })}
        onChart={() => setChart(!chart)}
      />
      {asked && (
        <ResultGridPanel
          key={asked.place}
          column={asked}
          sort={sort.find((order) => order.column === asked.name)}
          condition={filter.find((condition) => condition.column === asked.name)}
          onSort={(order) => setSort(order ? [order] : sort.filter((one) => one.column !== asked.name))}
          onFilter={(condition) => filterOf(asked, condition)}
          onWidth={(factor) => setWidths(resized(widths, asked, factor))}
          onHide={() => {
            setHidden(new Set([...hidden, asked.place]));
            setPanel(null);
          }}
          onClose={() => setPanel(null)}
        />
      )}
      {chart && <ResultChart transport={transport} view={view} columns={columns} total={rows} />}
      {pages.problem && <ProblemNote problem={pages.problem} retry={() => pages.retry()} />}
      <ResultGridRows
        {...{ transport, pages, rows, columns: seen, all: columns.length, widths, sort, filter, height, goTo }}
        label={`${what} of job ${job}`}
        onSort={(column, add) => setSort(sortedBy(sort, column.name, add))}
        onPanel={(column) => setPanel(panel === column.place ? null : column.place)}
        onWidth={(column, width) => setWidths({ ...widths, [column.place]: width })}
      />
    </section>
  );
}

function usePages(transport: Transport, view: RowsView): Pages {
  const [, draw] = useState(0);
  const pages = useMemo(() => new Pages(transport, view, () => draw((count) => count + 1)), [transport, view]);
  useEffect(() => () => pages.close(), [pages]);
  return pages;
}
