// The submit form: a query put together by choices, its SQL beside it, and the job that comes of it beneath.

import { useEffect, useMemo, useState } from "preact/hooks";

import type { Form } from "../form/model";
import { FormSync } from "../form/sync";
import { useForm, useSource } from "../form/useForm";
import { type JobStore, useStore } from "../store";
import { JobCard } from "./JobCard";
import { SubmitFormColumns } from "./SubmitFormColumns";
import { SubmitFormFilters } from "./SubmitFormFilters";
import { SubmitFormGroups } from "./SubmitFormGroups";
import { SubmitFormSink } from "./SubmitFormSink";
import { SubmitFormSource } from "./SubmitFormSource";
import { SubmitFormSql } from "./SubmitFormSql";

export interface SubmitFormProps {
  store: JobStore;
  /** The SQL at first. */
  sql?: string;
  /** Made outside, where somebody else types too; else the form makes its own. */
  sync?: FormSync;
  /** The job shown beneath; else the last one that was submitted here. */
  jobId?: string;
  onJob?: (id: string) => void;
  /** Put a text into a new cell; resolves with what to tell the user. */
  onCell?: (text: string) => Promise<string>;
}

export function SubmitForm({ store, sql = "", sync: given, jobId, onJob, onCell }: SubmitFormProps) {
  const sync = useMemo(() => given ?? new FormSync(store.transport, { sql }), [store, given]);
  useEffect(() => () => (given ? undefined : sync.close()), [sync]);
  const [job, setJob] = useState("");
  const shown = jobId || job;
  const status = useStore(store, (state) => state.jobs.get(shown)?.job.status, [shown]);
  useEffect(() => {
    if (status === "COMPLETED") sync.recheck();
  }, [status]);
  return (
    <section class="ff-form ff-stack" aria-label="submit a job">
      <div class="ff-form-sides">
        <FormSide store={store} sync={sync} />
        <SubmitFormSql
          sync={sync}
          {...(onCell ? { onCell } : {})}
          onJob={(id) => {
            setJob(id);
            onJob?.(id);
          }}
        >
          {shown && <JobCard key={shown} store={store} id={shown} />}
        </SubmitFormSql>
      </div>
    </section>
  );
}

function FormSide({ store, sync }: { store: JobStore; sync: FormSync }) {
  const state = useForm(sync);
  const { form, blocked } = state;
  const source = useSource(store.transport, form.source);
  useEffect(() => sync.setTypes(new Map(source.columns.map((column) => [column.name, column.type]))), [source.columns]);
  const faults = new Map(state.faults.map((fault) => [fault.where, fault.what]));
  const onForm = (next: Form): void => sync.editForm(next);
  const parts = { form, onForm, faults, columns: source.columns };
  return (
    <div class="ff-form-side ff-stack">
      {blocked?.reason && (
        <div class="ff-note ff-warn ff-stack" role="status">
          <div class="ff-note-what ff-wrap">The form cannot show {blocked.reason}.</div>
          <div class="ff-muted">The SQL stays as you write it, and can be submitted. The form is as it was before.</div>
          <button type="button" class="ff-button ff-start" onClick={() => sync.editForm(form)}>
            Go back to the form
          </button>
        </div>
      )}
      <fieldset class="ff-form-parts ff-stack" disabled={blocked !== null}>
        <SubmitFormSource transport={store.transport} look={source} {...parts} />
        <SubmitFormColumns {...parts} />
        <SubmitFormFilters {...parts} />
        <SubmitFormGroups {...parts} />
        <SubmitFormSink {...parts} />
      </fieldset>
    </div>
  );
}

/** What every part of the form is given. */
export interface PartProps {
  form: Form;
  onForm: (form: Form) => void;
  /** What is wrong, by place. */
  faults: ReadonlyMap<string, string>;
  columns: readonly { name: string; type: string }[];
}
