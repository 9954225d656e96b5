// The small parts that every component is made of. Text is always text: Preact escapes it.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { statusLook } from "../format";
import type { Problem, Status } from "../model";
import { ServiceError } from "../transport";

/** Icon and word of a status; `more` follows the word (" with 2 rejects"). */
export function Badge({ status, more = "" }: { status: Status; more?: string }) {
  const look = statusLook(status);
  return (
    <span class={`ff-badge ff-${look.role}`}>
      <span class="ff-badge-icon" aria-hidden="true">
        {look.icon}
      </span>
      {look.word + more}
    </span>
  );
}

/** A bar from 0 to 1 with its percentage in words. */
export function Bar({ fraction, label, status }: { fraction: number; label: string; status: Status }) {
  const percent = Math.floor(fraction * 100);
  return (
    <div
      class={`ff-bar ff-${statusLook(status).role}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={`${percent} %`}
    >
      <div class="ff-bar-fill" style={{ width: `${percent}%` }} />
    </div>
  );
}

interface ButtonProps {
  children: ComponentChildren;
  onClick: () => void;
  kind?: "plain" | "main" | "bare";
  disabled?: boolean;
  /** Whether it is at work: it does nothing then, and keeps the focus. */
  busy?: boolean;
  /** What it does, where the text alone does not say it. */
  label?: string;
}

export function Button({ children, onClick, kind = "plain", disabled = false, busy = false, label }: ButtonProps) {
  const more = kind === "plain" ? "" : ` ff-button-${kind}`;
  return (
    <button
      type="button"
      class={`ff-button${more}`}
      disabled={disabled && !busy}
      aria-disabled={busy}
      onClick={() => !busy && onClick()}
      aria-label={label}
      title={label}
    >
      {children}
    </button>
  );
}

/** A button for work that takes time: it cannot be pressed twice, and its failure is told beside it. */
export function ActionButton({ action, ...props }: Omit<ButtonProps, "onClick"> & { action: () => Promise<unknown> }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = (): void => {
    setBusy(true);
    setProblem(null);
    action()
      .catch((error: unknown) => setProblem(problemOf(error)))
      .finally(() => setBusy(false));
  };
  return (
    <>
      <Button {...props} busy={busy || props.busy === true} onClick={run} />
      {problem && <ProblemNote problem={problem} />}
    </>
  );
}

/** Copies a text; says so for a moment. */
export function CopyButton({ text, label, children = "⧉" }: { text: string; label: string; children?: ComponentChildren }) {
  const [said, setSaid] = useState("");
  const copy = (): void => {
    written(text).then(
      () => setSaid("copied"),
      () => setSaid("the browser does not allow it"),
    );
    setTimeout(() => setSaid(""), 2000);
  };
  return (
    <>
      <Button kind="bare" onClick={copy} label={label}>
        {children}
      </Button>
      <span role="status" class="ff-muted ff-small">
        {said}
      </span>
    </>
  );
}

/** Put a text into the clipboard; a page that came over plain HTTP has none. */
async function written(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}

/** What can be told of a failure, whatever it is. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ServiceError) return error.problem;
  const message = error instanceof Error ? error.message : String(error);
  return { message, reason: "", where: null, hint: "", job_id: "" };
}

/** What, where, what to do. */
export function ProblemNote({ problem, retry }: { problem: Problem; retry?: () => void }) {
  const { where } = problem;
  const place = [where?.file, where?.line && `line ${where.line}`, where?.column && `column ${where.column}`];
  return (
    <div class="ff-note ff-bad" role="alert">
      <div class="ff-note-what">{problem.message}</div>
      {place.some(Boolean) && <div>{place.filter(Boolean).join(", ")}</div>}
      {problem.hint && <div class="ff-muted">{problem.hint}</div>}
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

/** What stands where there is nothing yet: what it would be, and how it comes about. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="ff-muted">{children}</div>;
}

/** Something on its way; told to screen readers once. */
export function Loading({ what }: { what: string }) {
  return (
    <div class="ff-muted" role="status">
      loading {what} …
    </div>
  );
}

interface TabsProps<T extends string> {
  label: string;
  tabs: readonly { id: T; title: string }[];
  chosen: T;
  onChoose: (id: T) => void;
}

/** Tabs by the ARIA pattern: arrows move, the chosen one is in the order of the Tab key. */
export function Tabs<T extends string>({ label, tabs, chosen, onChoose }: TabsProps<T>) {
  const move = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    onChoose(next.id);
    const list = event.currentTarget as HTMLElement;
    list.querySelectorAll<HTMLElement>('[role="tab"]')[tabs.indexOf(next)]?.focus();
  };
  return (
    <div class="ff-tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          class="ff-tab"
          aria-selected={tab.id === chosen}
          tabIndex={tab.id === chosen ? 0 : -1}
          onClick={() => onChoose(tab.id)}
        >
          {tab.title}
        </button>
      ))}
    </div>
  );
}

/** A labelled control; `error` is told beside it. */
export function Field({ label, error, children }: { label: string; error?: string; children: ComponentChildren }) {
  return (
    <label class="ff-field">
      <span class="ff-small ff-muted">{label}</span>
      {children}
      {error && (
        <span class="ff-small" role="alert">
          {error}
        </span>
      )}
    </label>
  );
}
