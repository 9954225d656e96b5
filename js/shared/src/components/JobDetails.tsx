// One job whole: what was asked, how it is run, what became of each chunk, and what it left behind.

import { useState } from "preact/hooks";

import { visible } from "../cells";
import { hasEnded, titleOf } from "../format";
import { speedText, waitingText, withRejects } from "../jobWords";
import type { JobPlan as Plan } from "../model";
import { type JobStore, type JobView, useStore } from "../store";
import { fetchJson } from "../transport";
import { Confirm } from "../ui/confirm";
import { useFetched } from "../ui/fetched";
import { Badge, Bar, Button, Empty, Loading, ProblemNote, Tabs } from "../ui/kit";
import { lossText } from "./bulk";
import { ChunkMap } from "./ChunkMap";
import { JobActions } from "./JobActions";
import { JobLogs } from "./JobLogs";
import { JobOverview } from "./JobOverview";
import { JobPlan } from "./JobPlan";
import { JobTimeline } from "./JobTimeline";
import { Manifest } from "./Manifest";
import { ResultGrid } from "./ResultGrid";
import { useFollowed } from "./useFollowed";

type Tab = "overview" | "plan" | "chunks" | "timeline" | "rejects" | "result" | "manifest" | "logs";

interface DetailsProps {
  store: JobStore;
  id: string;
  /** Told when the details go on with another job: the query was run again. */
  onJob?: (id: string) => void;
  /** The job was deleted. */
  onGone?: () => void;
  /** The way back to where one came from. */
  onBack?: () => void;
}

export function JobDetails({ store, id, onJob, onGone, onBack }: DetailsProps) {
  const view = useStore(store, (state) => state.jobs.get(id), [id]);
  const cut = useStore(store, (state) => state.cut);
  const [problem, retry] = useFollowed(store, id);
  const [tab, setTab] = useState<Tab>("overview");
  const [gone, setGone] = useState(false);
  const [asking, setAsking] = useState(false);
  const back = onBack && (
    <Button kind="bare" onClick={onBack}>
      ← Jobs
    </Button>
  );
  if (!view) {
    return (
      <section class="ff-stack" aria-label={`job ${id}`}>
        <div>{back}</div>
        {gone ? <Empty>The job was deleted.</Empty> : problem ? <ProblemNote problem={problem} retry={retry} /> : <Loading what="the job" />}
      </section>
    );
  }
  const tabs = tabsOf(view);
  const chosen = tabs.some((one) => one.id === tab) ? tab : "overview";
  return (
    <section class="ff-details ff-stack" aria-label={`job ${id}`}>
      <div class="ff-row">
        {back}
        <Head view={view} />
      </div>
      <JobActions store={store} view={view} onJob={(again) => onJob?.(again)}>
        {hasEnded(view.job.status) && <Button onClick={() => setAsking(true)}>Delete</Button>}
      </JobActions>
      {asking && (
        <Confirm
          question="Delete this job?"
          action="Delete the job"
          onConfirm={async () => {
            await store.remove([id]);
            setGone(true);
            (onGone ?? onBack)?.();
          }}
          onClose={() => setAsking(false)}
        >
          {lossText([view.job])}
        </Confirm>
      )}
      {cut && <div class="ff-muted">The job service is being reached again; what was known stays.</div>}
      <Tabs label="parts of the job" tabs={tabs} chosen={chosen} onChoose={setTab} />
      <div role="tabpanel" aria-label={tabs.find((one) => one.id === chosen)?.title} tabIndex={0} class="ff-details-panel">
        <Panel tab={chosen} store={store} view={view} />
      </div>
    </section>
  );
}

function tabsOf({ job }: JobView): { id: Tab; title: string }[] {
  const rejected = job.counters.rows_rejected;
  const written = job.written_to !== "";
  const all: { id: Tab; title: string; there?: boolean }[] = [
    { id: "overview", title: "Overview" },
    { id: "plan", title: "Plan" },
    { id: "chunks", title: "Chunks" },
    { id: "timeline", title: "Timeline" },
    { id: "rejects", title: "Rejects", there: rejected > 0 },
    { id: "result", title: "Result", there: job.has_result && !written },
    { id: "manifest", title: "Manifest", there: job.has_result && written },
    { id: "logs", title: "Logs" },
  ];
  return all.filter(({ there = true }) => there);
}

function Head({ view }: { view: JobView }) {
  const { job, fraction } = view;
  const title = visible(titleOf(job).slice(0, 300));
  return (
    <>
      <span role="status">
        <Badge status={job.status} more={withRejects(job)} />
      </span>
      {job.status !== "COMPLETED" && <Bar fraction={fraction} label={title} status={job.status} />}
      <h2 class="ff-title ff-clip ff-grow" title={title}>
        <bdi>{title}</bdi>
      </h2>
      <span class="ff-muted">{speedText(view) || waitingText(view, 0)}</span>
    </>
  );
}

function Panel({ tab, store, view }: { tab: Tab; store: JobStore; view: JobView }) {
  const { job } = view;
  const path = `jobs/${encodeURIComponent(job.id)}`;
  const needed = tab === "overview" || tab === "plan" || tab === "manifest";
  const plan = useFetched(`${path} ${needed} ${job.status}`, () =>
    needed ? fetchJson<Plan>(store.transport, "GET", `${path}/plan`) : new Promise<Plan>(() => undefined),
  );
  switch (tab) {
    case "overview":
      return <JobOverview view={view} plan={plan.value} />;
    case "plan":
      return <JobPlan view={view} plan={plan} />;
    case "chunks":
      return <ChunkMap view={view} />;
    case "timeline":
      return <JobTimeline view={view} />;
    case "rejects":
      return <ResultGrid key={tab} transport={store.transport} job={job.id} what="rejects" />;
    case "result":
      return <ResultGrid key={tab} transport={store.transport} job={job.id} />;
    case "manifest":
      return <Manifest transport={store.transport} job={job.id} plan={plan.value} />;
    case "logs":
      return <JobLogs transport={store.transport} path={path} view={view} />;
  }
}
