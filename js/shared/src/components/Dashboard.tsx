// The board, and a job of it in its place when one is opened.

import { useState } from "preact/hooks";

import type { JobStore } from "../store";
import { JobDetails } from "./JobDetails";
import { JobsBoard } from "./JobsBoard";

/** The board stays as it was while a job is looked at. */
export function Dashboard({ store }: { store: JobStore }) {
  const [open, setOpen] = useState<string | null>(null);
  return (
    <div class="ff-card">
      <div hidden={open !== null}>
        <JobsBoard store={store} onOpen={setOpen} />
      </div>
      {open !== null && <JobDetails key={open} store={store} id={open} onJob={setOpen} onBack={() => setOpen(null)} />}
    </div>
  );
}
