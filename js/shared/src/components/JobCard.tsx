// A job in its cell: how far it is, what it has so far, and what can be done with it.

import { useEffect } from "preact/hooks";

import { titleOf } from "../format";
import { type JobStore, useStore } from "../store";
import { Badge, Bar, Loading } from "../ui/kit";

export function JobCard({ store, id }: { store: JobStore; id: string }) {
  const view = useStore(store, (state) => state.jobs.get(id));
  useEffect(() => {
    void store.load(id);
    return store.follow(id);
  }, [store, id]);
  if (!view) return <Loading what="the job" />;
  const { job, fraction } = view;
  return (
    <section class="ff-card ff-stack" aria-label={`job ${job.id}`}>
      <div class="ff-row">
        <Badge status={job.status} />
        <Bar fraction={fraction} label={titleOf(job)} status={job.status} />
        <span class="ff-muted">{titleOf(job)}</span>
      </div>
    </section>
  );
}
