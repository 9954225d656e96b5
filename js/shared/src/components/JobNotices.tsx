// What a reader of a job should know beside its numbers: notices, and chunks that failed.

import { useState } from "preact/hooks";

import { visible } from "../cells";
import { countText } from "../format";
import { chunkErrorText } from "../jobWords";
import type { JobView } from "../store";
import { Button } from "../ui/kit";

const SHOWN = 3;
const LONGEST = 1000;

export function JobNotices({ view }: { view: JobView }) {
  const [all, setAll] = useState(false);
  const { counters, id, status } = view.job;
  const lines = [...view.notices.map((notice) => notice.text), ...view.errors.map(chunkErrorText)];
  if (counters.rows_rejected && status !== "IN_PROGRESS") {
    lines.push(`${countText(counters.rows_rejected, "row")} rejected; %fusionflow rejects ${id} lists file, line and reason`);
  }
  if (!lines.length) return null;
  const more = lines.length - SHOWN;
  return (
    <div class="ff-job-notices">
      {(all ? lines : lines.slice(0, SHOWN)).map((line, at) => (
        <div key={at} class="ff-job-notice ff-warn">
          <span class="ff-badge-icon" aria-hidden="true">
            !
          </span>{" "}
          <span>{cut(visible(line))}</span>
        </div>
      ))}
      {more > 0 && (
        <Button kind="bare" onClick={() => setAll(!all)}>
          {all ? "fewer" : `and ${countText(more, "more notice")}`}
        </Button>
      )}
    </div>
  );
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
