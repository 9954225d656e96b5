// What was asked, with which values, what it read and wrote, and the account of its rows and bytes.

import type { ComponentChildren } from "preact";

import { visible, visibleLines } from "../cells";
import { bytesText, countText, rowsLaw, secondsText } from "../format";
import type { Job, JobPlan, Parameter } from "../model";
import type { JobView } from "../store";
import { CopyButton } from "../ui/kit";
import { JobNotices } from "./JobNotices";
import { timeText } from "./JobsBoardRow";

export function JobOverview({ view, plan }: { view: JobView; plan: JobPlan | null }) {
  const { job } = view;
  return (
    <div class="ff-stack">
      {job.error && (
        <div class="ff-note ff-bad">
          <div class="ff-note-what ff-code">{visibleLines(job.error.what)}</div>
          {job.error.where && <div>where: {visible(job.error.where)}</div>}
          {job.error.hint && <div class="ff-muted">try: {visibleLines(job.error.hint)}</div>}
        </div>
      )}
      <JobNotices view={view} />
      <section aria-label="SQL" class="ff-details-sql">
        <pre class="ff-code" tabIndex={0}>
          {visibleLines(job.sql)}
        </pre>
        <CopyButton text={job.sql} label="Copy the SQL">
          Copy SQL
        </CopyButton>
      </section>
      <dl class="ff-facts">
        {job.parameters.length > 0 && (
          <Fact name="parameters">
            <Parameters parameters={job.parameters} />
          </Fact>
        )}
        <Fact name="rows">{rowsLaw(job.counters)}</Fact>
        <Fact name="bytes">{bytesWords(job)}</Fact>
        <Fact name="chunks">
          {countText(job.chunks_done)} of {countText(job.chunks_total)} done
        </Fact>
        <Lineage job={job} plan={plan} />
        {plan?.options.map(({ name, value }) => (
          <Fact key={name} name={visible(name)}>
            {visible(value)}
          </Fact>
        ))}
        <Fact name="submitted">{timeText(job.created)}</Fact>
        {job.started !== null && <Fact name="started">{timeText(job.started)}</Fact>}
        {job.finished !== null && <Fact name="ended">{endText(job, job.finished)}</Fact>}
        <Fact name="cluster">{visible(job.cluster)}</Fact>
        <Fact name="owner">{visible(job.owner)}</Fact>
        {job.priority !== 0 && <Fact name="priority">{job.priority}</Fact>}
        <Fact name="id">
          <span class="ff-code">{job.id}</span>
        </Fact>
      </dl>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt class="ff-muted">{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** What was read, and what was written. */
function Lineage({ job, plan }: { job: Job; plan: JobPlan | null }) {
  const reads = [...new Map((plan?.stages ?? []).map((stage) => [stage.pattern, stage])).values()];
  return (
    <>
      {reads.length > 0 && (
        <Fact name="reads">
          {reads.map((stage) => (
            <div key={stage.pattern}>
              <bdi>{visible(stage.pattern)}</bdi>{" "}
              <span class="ff-muted">
                {stage.format}, {countText(stage.files, "file")}, {bytesText(stage.bytes)}
              </span>
            </div>
          ))}
        </Fact>
      )}
      {job.written_to && (
        <Fact name="writes">
          <bdi>{visible(job.written_to)}</bdi>
        </Fact>
      )}
    </>
  );
}

function Parameters({ parameters }: { parameters: readonly Parameter[] }) {
  return (
    <table class="ff-table">
      <tbody>
        {parameters.map(({ name, type, value }) => (
          <tr key={name}>
            <th scope="row">${visible(name)}</th>
            <td>{visible(value)}</td>
            <td class="ff-type">{visible(type)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function bytesWords({ counters, bytes_total }: Job): string {
  const { bytes_scanned, bytes_reused, bytes_verified, bytes_unread } = counters;
  const parts = [
    `${bytesText(bytes_scanned)} scanned`,
    bytes_reused ? `${bytesText(bytes_reused)} known before` : "",
    bytes_verified ? `${bytesText(bytes_verified)} of them looked through again` : "",
    bytes_unread ? `${bytesText(bytes_unread)} that could not be read` : "",
  ].filter(Boolean);
  return `${parts.join(", ")}; ${bytesText(bytes_total)} in all`;
}

function endText(job: Job, finished: number): string {
  const took = job.started === null ? "" : `, after ${secondsText(Math.max(0, finished - job.started))}`;
  return timeText(finished) + took;
}
