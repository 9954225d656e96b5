// One job whole in a cell. `job_id` is a trait: the query may be run again, or the kernel choose another job.

import { JobDetails } from "@fusionflow/shared/components/JobDetails.tsx";
import { useTrait, widget, type WidgetModel } from "@fusionflow/shared/mount.tsx";
import type { JobStore } from "@fusionflow/shared/store.ts";

function Details({ model, store }: { model: WidgetModel; store: JobStore }) {
  const id = String(useTrait(model, "job_id"));
  const go = (job: string): void => {
    model.set("job_id", job);
    model.save_changes();
  };
  return (
    <div class="ff-card">
      <JobDetails key={id} store={store} id={id} onJob={go} />
    </div>
  );
}

export default widget((model, store) => <Details model={model} store={store} />);
