// A job's card in a cell. The kernel may go on with another job: `job_id` is a trait.

import { JobCard } from "@fusionflow/shared/components/JobCard.tsx";
import { useTrait, widget, type WidgetModel } from "@fusionflow/shared/mount.tsx";
import type { JobStore } from "@fusionflow/shared/store.ts";

function Card({ model, store }: { model: WidgetModel; store: JobStore }) {
  return <JobCard store={store} id={String(useTrait(model, "job_id"))} />;
}

export default widget((model, store) => <Card model={model} store={store} />);
