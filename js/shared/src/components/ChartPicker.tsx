// Which chart of which columns: the kinds that these types allow, and what stands below and beside.

import { cut, visible } from "../cells";
import { type ChartChoice, type ChartKind, possibleKinds, withKind, xColumns, yColumns } from "../chartData";
import type { GridColumn } from "../gridState";

interface PickerProps {
  columns: readonly GridColumn[];
  choice: ChartChoice;
  onChoose: (choice: ChartChoice) => void;
}

export function ChartPicker({ columns, choice, onChoose }: PickerProps) {
  const types = columns.map((column) => column.arrow);
  const beside = yColumns(choice.kind, types);
  return (
    <div class="ff-row" role="group" aria-label="chart">
      {possibleKinds(types).map((kind: ChartKind) => (
        <button
          key={kind}
          type="button"
          class="ff-button"
          aria-pressed={kind === choice.kind}
          onClick={() => onChoose(withKind(choice, kind, types))}
        >
          {kind}
        </button>
      ))}
      <Axis label="x" columns={columns} places={xColumns(choice.kind, types)} chosen={choice.x} onChoose={(x) => onChoose({ ...choice, x: x ?? choice.x })} />
      {choice.kind !== "histogram" && (
        <Axis
          label="y"
          columns={columns}
          places={beside}
          chosen={choice.y}
          counts={choice.kind === "bar"}
          onChoose={(y) => onChoose({ ...choice, y })}
        />
      )}
    </div>
  );
}

interface AxisProps {
  label: string;
  columns: readonly GridColumn[];
  places: readonly number[];
  chosen: number | null;
  counts?: boolean;
  onChoose: (place: number | null) => void;
}

function Axis({ label, columns, places, chosen, counts = false, onChoose }: AxisProps) {
  return (
    <label class="ff-row">
      <span class="ff-muted">{label}</span>
      <select
        class="ff-input ff-chart-axis"
        aria-label={`${label} axis`}
        value={String(chosen ?? "")}
        onChange={(event) => onChoose(event.currentTarget.value === "" ? null : Number(event.currentTarget.value))}
      >
        {counts && <option value="">number of rows</option>}
        {places.map((place) => (
          <option key={place} value={String(place)}>
            {cut(visible(columns[place]?.name ?? ""), 40).text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The zone in which the times of a column are written; null where it holds none. */
export function zoneOf(column: GridColumn | undefined): string | null {
  if (!column) return null;
  if (column.type === "DATE") return "UTC";
  const { arrow } = column;
  return "timezone" in arrow ? arrow.timezone || "UTC" : null;
}
