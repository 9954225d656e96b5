// A job's card in a cell. The kernel may go on with another job: `job_id` is a trait.

import { JobCard } from "@fusionflow/shared/components/JobCard.tsx";
import { useTrait, widget, type WidgetModel } from "@fusionflow/shared/mount.tsx";
import type { JobStore } from "@fusionflow/shared/store.ts";

function Card({ model, store }: { model: WidgetModel; store: JobStore }) {
  const id = String(useTrait(model, "job_id"));
  return id ? <JobCard store={store} id={id} /> : null;
}

export default widget((model, store) => <Card model={model} store={store} />);
