// The plan drawn: each source, what is done to its chunks, how states are merged, and what ends it.

import type { ComponentChildren } from "preact";

import { visible, visibleLines } from "../cells";
import { bytesText, countText } from "../format";
import type { PlanStage, QueryPlan } from "../model";
import type { JobView } from "../store";
import { FetchedView, type Fetched } from "../ui/fetched";

const KINDS: Readonly<Record<PlanStage["kind"], string>> = {
  aggregate: "groups of each chunk are merged",
  topk: "the first rows of each chunk are merged",
  limit: "chunks are read until there are rows enough",
  rows: "rows of each chunk are put together",
  gather: "rows are gathered, and the query runs over all of them at the end",
};

export function JobPlan({ view, plan }: { view: JobView; plan: Fetched<QueryPlan> }) {
  return (
    <FetchedView what="the plan" fetched={plan}>
      {(found) => (
        <div class="ff-stack">
          <div class="ff-muted ff-small">
            The query as it is cut now, over its files as they are now; what is known is what a run would not scan again.
          </div>
          {found.gathered && <div class="ff-note ff-warn">Not cut: {visible(found.gathered)}</div>}
          <ol class="ff-plan" aria-label="stages">
            {found.stages.map((stage) => (
              <Stage key={stage.name} stage={stage} plan={found} />
            ))}
          </ol>
          {found.stages.length > 0 && <Arrow down />}
          <Box title="final" note={view.job.written_to ? `written to ${visible(view.job.written_to)}` : "the answer"}>
            <Sql text={found.final_sql} />
            <Columns verb="gives" columns={found.columns} />
          </Box>
        </div>
      )}
    </FetchedView>
  );
}

function Stage({ stage, plan }: { stage: PlanStage; plan: QueryPlan }) {
  const readers = plan.stages.filter((other) => other.broadcast.some((table) => table.stages.includes(stage.name)));
  return (
    <li class="ff-plan-stage" aria-label={stage.name}>
      <Box title={visible(stage.name)} note={`source: ${stage.format}`}>
        <div class="ff-plan-pattern" title={visible(stage.pattern)}>
          <bdi>{visible(stage.pattern)}</bdi>
        </div>
        <div class="ff-muted">
          {countText(stage.files, "file")}, {bytesText(stage.bytes)}
        </div>
        <div class="ff-muted">{knownText(stage)}</div>
      </Box>
      <Arrow />
      <Box title="map" note={`on the workers, by ${stage.evaluator === "native" ? "the native core" : "DuckDB"}`}>
        <Sql text={stage.map_sql} />
        <Columns verb="reads" columns={stage.columns} />
        {stage.broadcast.map((table) => (
          <div key={table.name} class="ff-muted">
            beside it: {visible(table.name)}, a small table that each worker has whole
          </div>
        ))}
      </Box>
      <Arrow />
      <Box title={stage.kind === "gather" ? "gather" : "merge"} note={readers.length ? "a small table for other stages" : KINDS[stage.kind]}>
        {stage.merge_sql && <Sql text={stage.merge_sql} />}
        {stage.reduce_sql && <Sql text={stage.reduce_sql} />}
        {!stage.merge_sql && !stage.reduce_sql && <div class="ff-muted">one after the other</div>}
        {stage.reason && <div>Rows are shipped: {visible(stage.reason)}</div>}
        {readers.length > 0 && <div class="ff-muted">read whole by {readers.map((reader) => visible(reader.name)).join(", ")}</div>}
      </Box>
    </li>
  );
}

function knownText({ chunks, chunks_known, bytes_known }: PlanStage): string {
  const known = chunks_known ? `, ${countText(chunks_known)} known (${bytesText(bytes_known)})` : "";
  return countText(chunks, "chunk") + known;
}

function Box({ title, note, children }: { title: string; note: string; children: ComponentChildren }) {
  return (
    <div class="ff-plan-box">
      <div class="ff-row">
        <strong>{title}</strong>
        <span class="ff-muted ff-small">{note}</span>
      </div>
      {children}
    </div>
  );
}

function Arrow({ down = false }: { down?: boolean }) {
  return (
    <div class={`ff-plan-arrow${down ? " ff-plan-down" : ""}`} aria-hidden="true">
      {down ? "↓" : ""}
    </div>
  );
}

const SQL_SHOWN = 200;

/** SQL in short, and whole when it is opened. */
function Sql({ text }: { text: string }) {
  return (
    <details class="ff-plan-sql">
      <summary class="ff-code ff-clip">{visible(text.slice(0, SQL_SHOWN)) + (text.length > SQL_SHOWN ? "…" : "")}</summary>
      <pre class="ff-code">{visibleLines(text)}</pre>
    </details>
  );
}

const COLUMNS_SHOWN = 8;

function Columns({ verb, columns }: { verb: string; columns: QueryPlan["columns"] }) {
  if (!columns.length) return null;
  const shown = columns.slice(0, COLUMNS_SHOWN).map(({ name }) => visible(name.slice(0, 60)));
  const all = columns.map(({ name, type }) => `${name} ${type}`).join("\n");
  return (
    <div class="ff-muted ff-small" title={visibleLines(all.slice(0, 2000))}>
      {verb} {shown.join(", ")}
      {columns.length > COLUMNS_SHOWN && ` and ${countText(columns.length - COLUMNS_SHOWN)} more`}
    </div>
  );
}
