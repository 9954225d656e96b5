// What can be done with a job: stop it, go on with it, ask it again, name it elsewhere.

import type { ComponentChildren } from "preact";

import { hasEnded } from "../format";
import type { JobStore, JobView } from "../store";
import { useKeptFocus } from "../ui/keys";
import { ActionButton, CopyButton } from "../ui/kit";

interface JobActionsProps {
  store: JobStore;
  view: JobView;
  /** Told the id of the job that a query run again became. */
  onJob: (id: string) => void;
  /** More buttons. */
  children?: ComponentChildren;
}

export function JobActions({ store, view, onJob, children }: JobActionsProps) {
  const { id, status } = view.job;
  const row = useKeptFocus<HTMLDivElement>();
  const again = async (): Promise<void> => onJob((await store.rerun(id)).id);
  return (
    <div class="ff-row ff-job-actions" ref={row}>
      {!hasEnded(status) && (
        <ActionButton action={() => store.stop(id)} busy={status === "STOPPING"} label="Stop the job; what it has scanned is kept">
          Stop
        </ActionButton>
      )}
      {(status === "STOPPED" || status === "FAILED") && (
        <ActionButton kind="main" action={() => store.resume(id)} label="Go on with the job; only what is missing is scanned">
          Resume
        </ActionButton>
      )}
      {status === "COMPLETED" && view.job.counters.bytes_unread > 0 && (
        <ActionButton kind="main" action={() => store.resume(id)} label="Read what could not be read; only that is scanned">
          Retry
        </ActionButton>
      )}
      {hasEnded(status) && (
        <ActionButton action={again} label="Ask the same again as a new job; only what has changed is scanned">
          Run again
        </ActionButton>
      )}
      {children}
      <span class="ff-muted ff-small ff-clip" title={id}>
        job {id}
      </span>
      <CopyButton text={id} label="Copy the job's id">
        Copy id
      </CopyButton>
      <CopyButton text={`%fusionflow attach ${id}`} label="Copy the line that shows this job in any notebook">
        Copy attach
      </CopyButton>
    </div>
  );
}
