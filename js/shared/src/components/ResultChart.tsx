// A chart of a result that stays where it is: the service counts bars and bins over all rows, and sends the points of
// two columns, or an even part of them.

import { useEffect, useState } from "preact/hooks";

import { readArrow, type Table } from "../arrow";
import { type ChartChoice, chartData, type ChartData, chosenChart, countedData, MOST_POINTS, sampleStep } from "../chartData";
import { countText } from "../format";
import type { GridColumn } from "../gridState";
import type { Problem } from "../model";
import { ARROW, type RowsView, rowsQuery, totalOf } from "../pages";
import { fetchReply, type Transport } from "../transport";
import { Empty, Loading, ProblemNote, problemOf } from "../ui/kit";
import { Chart } from "./Chart";
import { ChartPicker, zoneOf } from "./ChartPicker";

interface ResultChartProps {
  transport: Transport;
  view: RowsView;
  columns: readonly GridColumn[];
  /** Rows that pass the filter. */
  total: number;
}

interface Drawn {
  choice: ChartChoice;
  data: ChartData;
  left: string;
}

export function ResultChart({ transport, view, columns, total }: ResultChartProps) {
  const [choice, setChoice] = useState<ChartChoice | null>(() => chosenChart(columns.map((column) => column.arrow)));
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { path, sort, filter } = view;
  useEffect(() => {
    if (!choice) return undefined;
    let current = true;
    setProblem(null);
    loaded(transport, { path, sort, filter }, columns, choice, total).then(
      (next) => current && setDrawn(next),
      (error: unknown) => current && setProblem(problemOf(error)),
    );
    return () => {
      current = false;
    };
  }, [transport, path, sort, filter, columns, choice, total]);
  if (!choice) return <Empty>no chart: there is no column of numbers, texts or times</Empty>;
  const x = drawn && columns[drawn.choice.x];
  return (
    <div class="ff-stack">
      <ChartPicker columns={columns} choice={choice} onChoose={setChoice} />
      {problem && <ProblemNote problem={problem} />}
      {drawn && x ? <Chart kind={drawn.choice.kind} data={drawn.data} x={x.name} time={zoneOf(x)} /> : !problem && <Loading what="the chart" />}
      {drawn?.left && <div class="ff-muted ff-small">{drawn.left}</div>}
    </div>
  );
}

async function loaded(
  transport: Transport,
  view: Omit<RowsView, "columns">,
  columns: readonly GridColumn[],
  choice: ChartChoice,
  total: number,
): Promise<Drawn> {
  const places = choice.y === null ? [choice.x] : [choice.x, choice.y];
  const names = [columns[choice.x]?.name ?? "", choice.y === null ? null : (columns[choice.y]?.name ?? "")] as const;
  const { kind } = choice;
  if (total > MOST_POINTS && view.path.endsWith("/result") && (kind === "bar" || kind === "histogram")) {
    const { filter } = view;
    const query = {
      kind,
      x: choice.x,
      y: choice.y ?? undefined,
      filter: filter.length ? JSON.stringify(filter) : undefined,
    };
    const { body, headers } = await fetchReply(transport, "GET", view.path.replace(/result$/, "chart"), { query, accept: ARROW });
    return { choice, data: countedData(kind, readArrow(body), names[1], totalOf(headers) ?? 0), left: "" };
  }
  const step = sampleStep(total, MOST_POINTS);
  const query = rowsQuery({ ...view, columns: places }, { limit: MOST_POINTS, step, cut: 60, max_bytes: 900_000 });
  const reply = await fetchReply(transport, "GET", view.path, { query, accept: ARROW });
  const table: Table = readArrow(reply.body);
  const left = step > 1 ? `drawn from one row in ${countText(step)}: ${countText(table.numRows)} of ${countText(total, "row")}` : "";
  return { choice, data: chartData(choice.kind, table, names), left };
}
