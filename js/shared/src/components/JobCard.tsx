// A job in its cell: how far it is, what it has so far, and what can be done with it.

import { useEffect, useRef, useState } from "preact/hooks";

import { visible, visibleLines } from "../cells";
import { titleOf } from "../format";
import { accountText, speedText, stoppedText, waitingText, withRejects } from "../jobWords";
import type { JobCounts } from "../model";
import { type JobStore, type JobView, useStore } from "../store";
import { fetchJson } from "../transport";
import { Badge, Bar, Loading, ProblemNote } from "../ui/kit";
import { JobActions } from "./JobActions";
import { JobNotices } from "./JobNotices";
import { JobRows } from "./JobRows";
import { useFollowed } from "./useFollowed";

const CUT = "cut from the service; it is being reached again …";

interface JobCardProps {
  store: JobStore;
  id: string;
  /** Told when the card goes on with another job: the query was run again. */
  onJob?: (id: string) => void;
}

export function JobCard({ store, id, onJob }: JobCardProps) {
  const [shown, setShown] = useState(id);
  useEffect(() => setShown(id), [id]);
  const known = useStore(store, (state) => state.jobs.get(shown), [shown]);
  // Of a job that takes another's place, nothing jumps until something is known.
  const last = useRef(known);
  last.current = known ?? last.current;
  const view = last.current;
  const cut = useStore(store, (state) => state.cut);
  const [problem, retry] = useFollowed(store, shown);
  const again = (job: string): void => {
    setShown(job);
    onJob?.(job);
  };
  if (!view || (problem && !known)) return problem ? <ProblemNote problem={problem} retry={retry} /> : <Loading what="the job" />;
  return (
    <section class="ff-card ff-stack ff-job" aria-label={`job ${view.job.id}`}>
      <Head view={view} cut={cut} />
      <State store={store} view={view} />
      {cut && <div class="ff-muted">{CUT}</div>}
      <JobNotices view={view} />
      <JobRows store={store} view={view} />
      <JobActions store={store} view={view} onJob={again} />
    </section>
  );
}

/** The one region that is read out when it changes: status, and whether it is still true. */
function Head({ view, cut }: { view: JobView; cut: boolean }) {
  const { job, fraction } = view;
  const title = visible(titleOf(job));
  const percent = Math.floor(fraction * 100);
  return (
    <div class="ff-row">
      <span role="status">
        <Badge status={job.status} more={withRejects(job)} />
        {cut && <span class="ff-hidden">{CUT}</span>}
      </span>
      {job.status !== "COMPLETED" && (
        <>
          <Bar fraction={fraction} label={title} status={job.status} />
          <span class="ff-percent">{percent} %</span>
        </>
      )}
      <span class="ff-muted ff-clip ff-grow" title={title.slice(0, 2000)}>
        {title.slice(0, 300)}
      </span>
    </div>
  );
}

/** Speed, account, what is waited for, and how it ended. */
function State({ store, view }: { store: JobStore; view: JobView }) {
  const { job, message } = view;
  const others = useOthers(store, view);
  const waiting = waitingText(view, others);
  const speed = speedText(view);
  return (
    <div>
      {waiting && <div>{waiting}</div>}
      {job.status === "STOPPED" && <div>{stoppedText(job)}</div>}
      {!waiting && message && job.status === "IN_PROGRESS" && <div>{visible(message)}</div>}
      {speed && <div>{speed}</div>}
      {(job.counters.rows_read > 0 || job.status === "COMPLETED") && <div class="ff-muted">{accountText(job)}</div>}
      {job.status === "FAILED" && <Failed view={view} />}
    </div>
  );
}

function Failed({ view }: { view: JobView }) {
  const { error } = view.job;
  if (!error) return <div>{visible(view.message) || "it failed; its log says why"}</div>;
  return (
    <div class="ff-note ff-bad ff-job-error">
      <div class="ff-note-what ff-code">{visibleLines(error.what)}</div>
      {error.where && <div>where: {visible(error.where)}</div>}
      {error.hint && <div class="ff-muted">try: {visibleLines(error.hint)}</div>}
    </div>
  );
}

/** How many other jobs wait or are at work while this one waits. */
function useOthers(store: JobStore, { job }: JobView): number {
  const [others, setOthers] = useState(0);
  const waits = job.status === "QUEUED" || job.status === "CREATED";
  useEffect(() => {
    if (!waits) return;
    // What is taken at once needs no word about others.
    const timer = setTimeout(() => {
      fetchJson<JobCounts>(store.transport, "GET", "jobs/count").then(
        ({ counts }) => setOthers(Math.max(0, counts.CREATED + counts.QUEUED + counts.IN_PROGRESS - 1)),
        () => undefined,
      );
    }, 500);
    return () => clearTimeout(timer);
  }, [store, waits, job.id]);
  return waits ? others : 0;
}
