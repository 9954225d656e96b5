// What happened to a job and when: its statuses, notices and failed chunks, of every run.

import { useState } from "preact/hooks";

import { visible } from "../cells";
import { countText, secondsText, statusLook } from "../format";
import { chunkErrorText } from "../jobWords";
import type { ChunkErrorEvent, NoticeEvent, StatusEvent } from "../model";
import type { JobView } from "../store";
import { Button, Empty } from "../ui/kit";
import { timeText } from "./JobsBoardRow";

type Told = StatusEvent | NoticeEvent | ChunkErrorEvent;

const SHOWN = 200;

export function JobTimeline({ view }: { view: JobView }) {
  const [all, setAll] = useState(false);
  const told: Told[] = [...view.statuses, ...view.notices, ...view.errors].sort((one, other) => one.seq - other.seq);
  if (!told.length) return <Empty>Nothing has happened yet.</Empty>;
  const shown = all ? told : told.slice(-SHOWN);
  return (
    <div class="ff-stack">
      {shown.length < told.length && (
        <div>
          <Button onClick={() => setAll(true)}>Show {countText(told.length - shown.length)} earlier</Button>
        </div>
      )}
      <ol class="ff-timeline">
        {shown.map((event) => (
          <Entry key={event.seq} event={event} since={view.job.created} />
        ))}
      </ol>
    </div>
  );
}

function Entry({ event, since }: { event: Told; since: number }) {
  const { icon, role, text } = lookOf(event);
  return (
    <li class={`ff-timeline-entry ff-${role}`}>
      <span class="ff-num ff-muted ff-small" title={timeText(event.time)}>
        +{secondsText(Math.max(0, event.time - since))}
      </span>
      <span class="ff-badge-icon" aria-hidden="true">
        {icon}
      </span>
      <span class="ff-timeline-text">{visible(text)}</span>
    </li>
  );
}

function lookOf(event: Told): { icon: string; role: string; text: string } {
  switch (event.type) {
    case "status": {
      const look = statusLook(event.status);
      return { icon: look.icon, role: look.role, text: look.word + (event.message ? `: ${event.message}` : "") };
    }
    case "notice":
      return { icon: "!", role: "warn", text: event.text };
    case "chunk_error":
      return { icon: "✗", role: "bad", text: chunkErrorText(event) };
  }
}
