// A question before something is lost: says what, and does nothing until it is answered.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import type { Problem } from "../model";
import { Button, problemOf, ProblemNote } from "./kit";

interface ConfirmProps {
  /** The question, with how many: "Delete 8 jobs?" */
  question: string;
  /** What the button says that does it: "Delete 8 jobs". */
  action: string;
  onConfirm: () => Promise<unknown>;
  /** It was answered, or done. */
  onClose: () => void;
  /** What is lost and what is kept. */
  children: ComponentChildren;
}

/** Asks in place; the way back has the focus, and Escape is the way back. */
export function Confirm({ question, action, onConfirm, onClose, children }: ConfirmProps) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.querySelector<HTMLElement>(".ff-confirm-back")?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const run = (): void => {
    setBusy(true);
    onConfirm()
      .then(onClose, (error: unknown) => setProblem(problemOf(error)))
      .finally(() => setBusy(false));
  };
  return (
    <div
      ref={box}
      class="ff-confirm ff-note ff-warn ff-stack"
      role="alertdialog"
      aria-labelledby={`${id}-question`}
      aria-describedby={`${id}-lost`}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <div class="ff-note-what" id={`${id}-question`}>
        {question}
      </div>
      <div id={`${id}-lost`}>{children}</div>
      {problem && <ProblemNote problem={problem} />}
      <div class="ff-row">
        <button type="button" class="ff-button ff-confirm-back" onClick={onClose}>
          Cancel
        </button>
        <Button kind="main" disabled={busy} onClick={run}>
          {action}
        </Button>
      </div>
    </div>
  );
}
