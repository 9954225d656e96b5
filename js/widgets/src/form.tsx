// The submit form in a cell. Its SQL and its job are traits, which the kernel may set, too.

import { insertCell } from "@fusionflow/shared/form/insert.ts";
import { FormSync } from "@fusionflow/shared/form/sync.ts";
import { SubmitForm } from "@fusionflow/shared/components/SubmitForm.tsx";
import { useTrait, widget, type WidgetModel } from "@fusionflow/shared/mount.tsx";
import type { JobStore } from "@fusionflow/shared/store.ts";
import { useEffect, useState } from "preact/hooks";

function Form({ model, store }: { model: WidgetModel; store: JobStore }) {
  const [sync] = useState(() => new FormSync(store.transport, { sql: String(model.get("sql")) }));
  useEffect(() => {
    // What is typed becomes the trait when the hand rests. Only what others set comes back: by the time that an
    // own value has gone round, more may have been typed.
    let own = String(model.get("sql"));
    const take = (): void => {
      const sql = String(model.get("sql"));
      if (sql !== own) sync.editSql(sql);
    };
    model.on("change:sql", take);
    const end = sync.subscribe((state) => {
      if (state.busy || state.faults.length || state.sql === model.get("sql")) return;
      own = state.sql;
      model.set("sql", own);
      model.save_changes();
    });
    return () => {
      model.off("change:sql", take);
      end();
      sync.close();
    };
  }, [model, sync]);
  const submitted = (id: string): void => {
    model.set("job_id", id);
    model.save_changes();
  };
  return (
    <SubmitForm store={store} sync={sync} jobId={String(useTrait(model, "job_id"))} onJob={submitted} onCell={insertCell} />
  );
}

export default widget((model, store) => <Form model={model} store={store} />);
