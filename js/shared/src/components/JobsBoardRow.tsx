// One job of a board: a line of columns, or two lines where there is little room.

import { agoText, bytesText, countText, hasEnded, secondsText, titleOf } from "../format";
import type { Job } from "../model";
import { Badge, Bar } from "../ui/kit";
import { visible } from "../cells";
import { durationOf } from "./boardModel";

const LONGEST_TITLE = 1000;

interface RowProps {
  id: string;
  job: Job;
  fraction: number;
  /** Seconds since the epoch. */
  now: number;
  place: number;
  chosen: boolean;
  active: boolean;
  compact: boolean;
  onChoose: (options: { stretch: boolean }) => void;
  onOpen: () => void;
}

export function JobsBoardRow(props: RowProps) {
  const { id, job, place, chosen, active, compact, onChoose, onOpen } = props;
  const click = (event: MouseEvent): void => {
    if (event.shiftKey || event.ctrlKey || event.metaKey) onChoose({ stretch: event.shiftKey });
    else onOpen();
  };
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={place + 1}
      aria-selected={chosen}
      class={`ff-board-row${active ? " ff-board-active" : ""}`}
      onClick={click}
    >
      <span role="gridcell" class="ff-board-check" onClick={(event) => event.stopPropagation()}>
        <input
          type="checkbox"
          tabIndex={-1}
          checked={chosen}
          aria-label={`choose ${titleText(job)}`}
          onClick={(event) => onChoose({ stretch: event.shiftKey })}
        />
      </span>
      {compact ? <Compact {...props} /> : <Wide {...props} />}
    </div>
  );
}

function Wide({ job, fraction, now }: RowProps) {
  const { counters } = job;
  const duration = durationOf(job, now);
  return (
    <>
      <span role="gridcell">
        <Badge status={job.status} />
      </span>
      <Name job={job} role="gridcell" />
      <Progress job={job} fraction={fraction} />
      <span role="gridcell" class="ff-num ff-board-more" title={countText(counters.rows_read, "row")}>
        {counters.rows_read ? countText(counters.rows_read) : ""}
      </span>
      <Rejects job={job} />
      <span role="gridcell" class="ff-num ff-muted ff-board-when" title={timeText(job.started ?? job.created)}>
        {job.started === null ? "" : agoText(job.started, now)}
      </span>
      <span role="gridcell" class="ff-num ff-board-more">
        {duration === null ? "" : secondsText(duration)}
      </span>
      <span role="gridcell" class="ff-clip ff-muted ff-board-cluster" title={visible(job.cluster)}>
        <bdi>{visible(job.cluster)}</bdi>
      </span>
    </>
  );
}

function Compact({ job, fraction, now }: RowProps) {
  const duration = durationOf(job, now);
  const parts = [
    hasEnded(job.status) ? bytesText(job.bytes_total) : `${Math.floor(fraction * 100)} %`,
    duration === null ? "" : secondsText(duration),
    job.started === null ? "" : agoText(job.started, now),
  ];
  return (
    <span role="gridcell" class="ff-board-two">
      <Name job={job} />
      <span class="ff-board-second ff-small">
        <Badge status={job.status} />
        {hasEnded(job.status) ? null : <Bar fraction={fraction} label={titleText(job)} status={job.status} />}
        <span class="ff-muted ff-clip">{parts.filter(Boolean).join(" · ")}</span>
      </span>
    </span>
  );
}

function Name({ job, role }: { job: Job; role?: "gridcell" }) {
  const sql = firstLine(job.sql);
  return (
    <span role={role} class="ff-clip" title={visible(`${job.name}\n${job.sql}`.trim().slice(0, LONGEST_TITLE))}>
      {job.name && (
        <>
          <bdi>{titleText(job)}</bdi>{" "}
        </>
      )}
      <span class={job.name ? "ff-muted ff-board-sql" : "ff-board-sql"}>{sql}</span>
    </span>
  );
}

function Progress({ job, fraction }: { job: Job; fraction: number }) {
  const live = !hasEnded(job.status) && job.status !== "CREATED";
  const part = `${Math.floor(fraction * 100)} % of ${bytesText(job.bytes_total)}`;
  return (
    <span role="gridcell" class="ff-board-progress" title={job.bytes_total ? part : ""}>
      {live ? <Bar fraction={fraction} label={titleText(job)} status={job.status} /> : null}
      <span class="ff-num ff-board-part">{progressText(job, fraction)}</span>
    </span>
  );
}

function progressText(job: Job, fraction: number): string {
  if (!job.bytes_total || (hasEnded(job.status) && fraction === 0)) return "";
  return job.status === "COMPLETED" ? bytesText(job.bytes_total) : `${Math.floor(fraction * 100)} %`;
}

function Rejects({ job }: { job: Job }) {
  const { rows_rejected: rejected } = job.counters;
  return (
    <span role="gridcell" class="ff-num ff-warn ff-board-more" title={rejected ? `${countText(rejected, "row")} rejected` : ""}>
      {rejected ? (
        <>
          <span class="ff-badge-icon" aria-hidden="true">
            ▲
          </span>{" "}
          {countText(rejected)}
        </>
      ) : (
        ""
      )}
    </span>
  );
}

function firstLine(sql: string): string {
  return visible(sql.trim().split("\n", 1)[0]?.slice(0, 300) ?? "");
}

/** The name of a job, or how its SQL begins, on one line. */
export function titleText(job: Pick<Job, "name" | "sql">): string {
  return visible(titleOf(job).slice(0, 300));
}

/** A moment as the reader's own clock says it. */
export function timeText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString();
}
