// What was logged about a job; fetched again when its status changes, or when asked.

import { visibleLines } from "../cells";
import type { JobView } from "../store";
import { fetchReply, type Transport } from "../transport";
import { FetchedView, useFetched } from "../ui/fetched";
import { Button, Empty } from "../ui/kit";

export function JobLogs({ transport, path, view }: { transport: Transport; path: string; view: JobView }) {
  const logs = useFetched(`${path} ${view.job.status}`, async () => {
    const { body } = await fetchReply(transport, "GET", `${path}/logs`, { accept: "text/plain" });
    return new TextDecoder().decode(body);
  });
  return (
    <FetchedView what="the log" fetched={logs}>
      {(text) => (
        <div class="ff-stack">
          <div>
            <Button onClick={logs.again}>Look again</Button>
          </div>
          {text ? (
            <pre class="ff-code ff-details-log" tabIndex={0} aria-label="log">
              {visibleLines(text)}
            </pre>
          ) : (
            <Empty>Nothing was logged about it here: its runner keeps the log where it runs.</Empty>
          )}
        </div>
      )}
    </FetchedView>
  );
}
