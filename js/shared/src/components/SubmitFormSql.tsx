// The side of the SQL: its text, what is wrong with it, what it would read, its parameters, and what to do with it.

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";

import { cellOf } from "../form/cell";
import type { FormState, FormSync } from "../form/sync";
import { useForm } from "../form/useForm";
import { bytesText, countText } from "../format";
import type { Job, PlanStage, QueryPlan } from "../model";
import { fetchJson } from "../transport";
import { Part, TextInput } from "../ui/controls";
import { ActionButton, Button, Empty, ProblemNote } from "../ui/kit";
import { Value } from "./SubmitFormFilters";

interface SqlProps {
  sync: FormSync;
  onJob: (id: string) => void;
  onCell?: (text: string) => Promise<string>;
  /** What stands beneath: the job. */
  children?: ComponentChildren;
}

export function SubmitFormSql({ sync, onJob, onCell, children }: SqlProps) {
  const state = useForm(sync);
  const id = useId();
  const lines = Math.min(Math.max(state.sql.split("\n").length + 1, 6), 24);
  return (
    <div class="ff-form-side ff-form-sql ff-stack">
      <Part title="SQL" note={state.blocked?.reason ? "more than the form shows" : ""}>
        <textarea
          class="ff-input"
          rows={lines}
          aria-label="SQL of the query"
          aria-invalid={state.problem ? true : undefined}
          aria-describedby={`${id}-problem`}
          value={state.sql}
          placeholder="SELECT city, sum(amount) FROM 'data/*.csv' GROUP BY ALL"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => sync.editSql(event.currentTarget.value)}
        />
        <div id={`${id}-problem`}>{state.problem && <ProblemNote problem={state.problem} />}</div>
        {state.before !== null && (
          <Button onClick={() => sync.editSql(state.before ?? "")}>Bring back the SQL that was here</Button>
        )}
      </Part>
      {state.parameters.length > 0 && <Parameters state={state} sync={sync} />}
      <Figures state={state} />
      <Actions sync={sync} state={state} onJob={onJob} {...(onCell ? { onCell } : {})} />
      {children}
    </div>
  );
}

function Parameters({ state, sync }: { state: FormState; sync: FormSync }) {
  return (
    <Part title="Parameters">
      {state.parameters.map((name) => {
        const value = sync.valueOf(name);
        return (
          <div class="ff-line" key={name}>
            <span class="ff-clip ff-name" title={name}>
              ${name}
            </span>
            <Value
              value={value}
              label={`value of $${name}`}
              fault={sync.faultOf(name) || undefined}
              onValue={(next) => next.kind !== "parameter" && sync.setValue(name, { kind: next.kind, text: next.text })}
              kinds={["number", "text", "boolean", "date", "time", "timestamp"]}
            />
          </div>
        );
      })}
    </Part>
  );
}

function Figures({ state }: { state: FormState }) {
  const { checked, busy, problem, faults } = state;
  if (!checked || problem || faults.length) {
    if (busy || problem || !faults.length) return <div class="ff-muted">{busy ? "checking …" : ""}</div>;
    return <Empty>{faults[0]?.what}</Empty>;
  }
  return (
    <div class="ff-stack">
      <div class="ff-figures" role="status" aria-live="polite">
        {figuresText(checked)}
      </div>
      <details>
        <summary class="ff-muted">Plan</summary>
        <pre class="ff-code ff-scroll">{checked.text}</pre>
        <ul class="ff-small ff-muted">
          {checked.stages.map((stage) => (
            <li key={stage.name}>
              {stage.name} ({stage.kind}): map hash <code class="ff-code">{stage.map_hash || "known when it runs"}</code>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

/** What a query would read, in words. */
export function figuresText({ stages, columns }: Pick<QueryPlan, "stages" | "columns">): string {
  const sum = (part: (stage: PlanStage) => number): number => stages.reduce((total, stage) => total + part(stage), 0);
  const [bytes, known] = [sum((stage) => stage.bytes), sum((stage) => stage.bytes_known)];
  const answer = columns.length ? `${countText(columns.length, "column")} · ` : "";
  if (bytes === 0) return `${answer}reads nothing`;
  const all = `${answer}${countText(sum((stage) => stage.chunks), "chunk")} · `;
  if (known >= bytes) return `${all}reads nothing: all ${bytesText(bytes)} are known`;
  return `${all}reads ${bytesText(bytes - known)}${known ? `, ${bytesText(known)} are known already` : ""}`;
}

function Actions({ sync, state, onJob, onCell }: SqlProps & { state: FormState }) {
  const [name, setName] = useState("");
  const [said, setSaid] = useState("");
  const ready = state.sql.trim() !== "" && !state.problem && state.faults.length === 0 && !state.busy && sync.isFilled;
  const submit = async (): Promise<void> => {
    const body = { sql: state.sql, name: name.trim(), params: sync.params };
    onJob((await fetchJson<Job>(sync.transport, "POST", "jobs", { body })).id);
  };
  const insert = async (): Promise<void> => {
    setSaid("");
    setSaid((await onCell?.(cellOf(state.sql, name, sync.params))) ?? "");
  };
  return (
    <div class="ff-stack">
      <label class="ff-line ff-muted">
        Name
        <TextInput label="name of the job" placeholder="none" value={name} onText={setName} />
      </label>
      <div class="ff-row">
        <ActionButton kind="main" disabled={!ready} action={submit}>
          Submit
        </ActionButton>
        {onCell && (
          <ActionButton disabled={!ready} action={insert}>
            Insert as cell
          </ActionButton>
        )}
        <span class="ff-muted ff-small" role="status">
          {said}
        </span>
      </div>
    </div>
  );
}
