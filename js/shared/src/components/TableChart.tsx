// A chart of rows that are here: those of a preview, say.

import { useMemo, useState } from "preact/hooks";

import type { Table } from "../arrow";
import { type ChartChoice, chartData, chosenChart } from "../chartData";
import { countText } from "../format";
import { columnsOf } from "../gridState";
import { Empty } from "../ui/kit";
import { Chart } from "./Chart";
import { ChartPicker, zoneOf } from "./ChartPicker";

interface TableChartProps {
  table: Table;
  /** How many rows there are in all, where the table holds only the first of them. */
  total?: number;
}

export function TableChart({ table, total = table.numRows }: TableChartProps) {
  const columns = useMemo(() => columnsOf(table.schema.fields), [table]);
  const [choice, setChoice] = useState<ChartChoice | null>(() => chosenChart(columns.map((column) => column.arrow)));
  const data = useMemo(() => {
    if (!choice || !columns[choice.x]) return null;
    const places = choice.y === null ? [choice.x] : [choice.x, choice.y];
    const names = [columns[choice.x]?.name ?? "", choice.y === null ? null : (columns[choice.y]?.name ?? "")] as const;
    return chartData(choice.kind, table.selectAt(places), names);
  }, [table, columns, choice]);
  if (!choice || !data) return <Empty>no chart: there is no column of numbers, texts or times</Empty>;
  return (
    <div class="ff-stack">
      <ChartPicker columns={columns} choice={choice} onChoose={setChoice} />
      <Chart kind={choice.kind} data={data} x={columns[choice.x]?.name ?? ""} time={zoneOf(columns[choice.x])} />
      {total > table.numRows && (
        <div class="ff-muted ff-small">
          of the first {countText(table.numRows)} of {countText(total, "row")}
        </div>
      )}
    </div>
  );
}
