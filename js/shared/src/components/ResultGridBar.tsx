// Above a grid: how many rows, which conditions, which columns; go to a row, draw, download.

import { useState } from "preact/hooks";

import { cut, visible } from "../cells";
import { download, type DownloadFormat, FORMATS, MOST_DOWNLOADED } from "../download";
import { countText } from "../format";
import { COLUMNS_AT_ONCE, conditionText, filteredBy, type GridColumn } from "../gridState";
import type { Condition } from "../model";
import type { RowsView } from "../pages";
import type { Transport } from "../transport";
import { ActionButton, Button } from "../ui/kit";

const LISTED = 100;

interface BarProps {
  transport: Transport;
  view: RowsView;
  job: string;
  what: "result" | "rejects";
  columns: readonly GridColumn[];
  /** Those that are not hidden; `start` is the first of them in sight. */
  kept: readonly GridColumn[];
  start: number;
  hidden: ReadonlySet<number>;
  rows: number;
  total: number;
  filter: readonly Condition[];
  chart: boolean;
  onFilter: (filter: Condition[]) => void;
  onColumns: (start: number) => void;
  onHidden: (hidden: ReadonlySet<number>) => void;
  onGoTo: (row: number) => void;
  onChart: () => void;
}

export function ResultGridBar(props: BarProps) {
  const { rows, total, filter, chart, onFilter, onChart } = props;
  const [open, setOpen] = useState<"" | "columns" | "download">("");
  const toggle = (which: "columns" | "download") => (): void => setOpen(open === which ? "" : which);
  return (
    <div class="ff-stack">
      <div class="ff-row ff-spread">
        <span role="status">{filter.length ? `${countText(rows)} of ${countText(total, "row")}` : countText(total, "row")}</span>
        <div class="ff-row">
          <GoTo rows={rows} onGoTo={props.onGoTo} />
          <Toggle on={chart} onClick={onChart}>
            Chart
          </Toggle>
          <Toggle on={open === "columns"} onClick={toggle("columns")}>
            Columns
          </Toggle>
          <Toggle on={open === "download"} onClick={toggle("download")}>
            Download
          </Toggle>
        </div>
      </div>
      {filter.length > 0 && (
        <div class="ff-row" role="group" aria-label="conditions">
          {filter.map((condition) => (
            <span key={condition.column} class="ff-chip">
              <span class="ff-clip">{visible(conditionText(condition))}</span>
              <Button kind="bare" label="remove this condition" onClick={() => onFilter(filteredBy(filter, condition.column, null))}>
                ✕
              </Button>
            </span>
          ))}
        </div>
      )}
      {open === "columns" && <Chooser {...props} />}
      {open === "download" && <Downloads {...props} />}
      <Window {...props} />
    </div>
  );
}

function Toggle({ on, onClick, children }: { on: boolean; onClick: () => void; children: string }) {
  return (
    <button type="button" class="ff-button" aria-pressed={on} onClick={onClick}>
      {children}
    </button>
  );
}

function GoTo({ rows, onGoTo }: Pick<BarProps, "rows" | "onGoTo">) {
  const [text, setText] = useState("");
  const go = (event: KeyboardEvent): void => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const row = Number(text.replaceAll(/[,\s]/g, ""));
    if (Number.isInteger(row) && row >= 1 && rows) onGoTo(Math.min(row, rows) - 1);
  };
  return (
    <input
      class="ff-input ff-grid-goto"
      inputMode="numeric"
      aria-label="go to row"
      placeholder="go to row"
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
      onKeyDown={go}
    />
  );
}

/** Which part of many columns is in sight. */
function Window({ kept, columns, start, onColumns }: BarProps) {
  if (kept.length <= COLUMNS_AT_ONCE && kept.length === columns.length) return null;
  const end = Math.min(start + COLUMNS_AT_ONCE, kept.length);
  const hidden = columns.length - kept.length;
  return (
    <div class="ff-row ff-small">
      <span>
        columns {countText(Math.min(start + 1, end))} to {countText(end)} of {countText(kept.length)}
        {hidden > 0 && `, ${countText(hidden)} hidden`}
      </span>
      {kept.length > COLUMNS_AT_ONCE && (
        <>
          <Button onClick={() => onColumns(Math.max(0, start - COLUMNS_AT_ONCE))} disabled={start === 0}>
            ‹ Before
          </Button>
          <Button onClick={() => onColumns(start + COLUMNS_AT_ONCE)} disabled={end >= kept.length}>
            Next ›
          </Button>
        </>
      )}
    </div>
  );
}

/** Finds columns by name, hides and shows them, and brings one into sight. */
function Chooser({ columns, kept, hidden, onHidden, onColumns }: BarProps) {
  const [text, setText] = useState("");
  const found = columns.filter((column) => column.name.toLowerCase().includes(text.toLowerCase()));
  const flip = (place: number): void => {
    const next = new Set(hidden);
    if (!next.delete(place)) next.add(place);
    onHidden(next);
  };
  const reveal = (column: GridColumn): void => {
    const at = kept.indexOf(column);
    if (at >= 0) onColumns(kept.length > COLUMNS_AT_ONCE ? Math.min(at, kept.length - COLUMNS_AT_ONCE) : 0);
  };
  return (
    <div class="ff-note ff-stack" role="group" aria-label="columns">
      <div class="ff-row">
        <input class="ff-input" placeholder="find a column" aria-label="find a column" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <Button onClick={() => onHidden(new Set())}>Show all</Button>
        <Button onClick={() => onHidden(new Set(columns.map((column) => column.place)))}>Hide all</Button>
      </div>
      <div class="ff-grid-columns">
        {found.slice(0, LISTED).map((column) => (
          <label key={column.place} class="ff-row ff-grid-column">
            <input
              type="checkbox"
              checked={!hidden.has(column.place)}
              onChange={() => {
                flip(column.place);
                reveal(column);
              }}
            />
            <span class="ff-clip">{cut(visible(column.name), 40).text}</span>
            <span class="ff-muted ff-small ff-clip">{visible(column.type)}</span>
          </label>
        ))}
      </div>
      {found.length > LISTED && <div class="ff-muted">{countText(found.length - LISTED)} more: type more of the name</div>}
    </div>
  );
}

/** The rows that pass the filter, in their order, as a file with all columns. */
function Downloads({ transport, view, job, what, rows }: BarProps) {
  const [partly, setPartly] = useState(false);
  const fetched = async (format: DownloadFormat): Promise<void> => {
    const name = `${job}-${what}.${format.suffix}`;
    setPartly(!(await download(transport, { view: { ...view, columns: [] }, format, rows, name })));
  };
  return (
    <div class="ff-note ff-stack" role="group" aria-label="download">
      <div class="ff-row">
        {FORMATS.map((format) => (
          <ActionButton key={format.id} action={() => fetched(format)}>
            {format.title}
          </ActionButton>
        ))}
      </div>
      {partly && (
        <div role="status">
          These are the first {countText(MOST_DOWNLOADED)} rows; more do not go through a kernel's messages. All of them, in Python:{" "}
          <code class="ff-code">fusionflow_lab.attach("{job}").result().to_parquet("rows.parquet")</code>
        </div>
      )}
    </div>
  );
}
