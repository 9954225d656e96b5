// Controls of forms in rows: each says by `label` what it is, to those who see it and those who hear it.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { visible } from "../visible";
import { Button } from "./kit";

interface TextInputProps {
  label: string;
  value: string;
  onText: (text: string) => void;
  placeholder?: string;
  error?: string | undefined;
  kind?: "text" | "search";
  /** Texts to choose from; what is typed may be another one. */
  choices?: readonly string[];
  /** Takes the focus when it appears. */
  fresh?: boolean;
}

/** Choices that are offered at once: browsers draw them all. */
const MOST_CHOICES = 200;

export function TextInput({ label, value, onText, placeholder, error, kind = "text", choices, fresh }: TextInputProps) {
  const id = useId();
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (fresh) box.current?.focus();
  }, []);
  return (
    <span class="ff-control">
      <input
        ref={box}
        class="ff-input"
        type={kind}
        aria-label={label}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-error` : undefined}
        title={value ? visible(value) : undefined}
        placeholder={placeholder ?? label}
        value={value}
        list={choices ? `${id}-choices` : undefined}
        autocomplete="off"
        spellcheck={false}
        dir="auto"
        onInput={(event) => onText(event.currentTarget.value)}
      />
      {choices && (
        <datalist id={`${id}-choices`}>
          {near(choices, value).map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
      {error && (
        <span id={`${id}-error`} class="ff-small ff-error" role="alert">
          {error}
        </span>
      )}
    </span>
  );
}

function near(choices: readonly string[], text: string): string[] {
  const asked = text.toLowerCase();
  const found = choices.includes(text) ? choices : choices.filter((choice) => choice.toLowerCase().includes(asked));
  return found.slice(0, MOST_CHOICES);
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  choices: readonly (readonly [T, string])[];
  onChoose: (value: T) => void;
}

export function Choice<T extends string>({ label, value, choices, onChoose }: ChoiceProps<T>) {
  return (
    <select
      class="ff-input"
      aria-label={label}
      title={label}
      value={value}
      onChange={(event) => onChoose(event.currentTarget.value as T)}
    >
      {choices.map(([choice, word]) => (
        <option key={choice} value={choice}>
          {word}
        </option>
      ))}
    </select>
  );
}

interface CheckProps {
  checked: boolean;
  onCheck: (checked: boolean) => void;
  children: ComponentChildren;
}

export function Check({ checked, onCheck, children }: CheckProps) {
  return (
    <label class="ff-check">
      <input type="checkbox" checked={checked} onChange={(event) => onCheck(event.currentTarget.checked)} />
      {children}
    </label>
  );
}

interface RowsProps<T> {
  /** What one row is: "filter". */
  word: string;
  rows: readonly T[];
  onRows: (rows: readonly T[]) => void;
  /** A new row; none can be added without it. */
  blank?: () => T;
  movable?: boolean;
  /** The controls of a row; `name` is what it is called ("filter 2"), `fresh` whether it was just added. */
  children: (row: T, change: (row: T) => void, name: string, fresh: boolean, at: number) => ComponentChildren;
}

/** Rows that are added, moved and taken away; the focus goes where the hand is needed next. */
export function Rows<T>({ word, rows, onRows, blank, movable = false, children }: RowsProps<T>) {
  const [fresh, setFresh] = useState(-1);
  const box = useRef<HTMLDivElement>(null);
  // A row that goes away and comes back, as others change the rows, is no new one.
  useEffect(() => {
    if (fresh >= rows.length) setFresh(-1);
  }, [rows.length]);
  const take = (at: number): void => {
    onRows(rows.filter((_, place) => place !== at));
    setFresh(-1);
    box.current?.querySelector<HTMLElement>(":scope > .ff-button")?.focus();
  };
  const move = (at: number, by: number): void => {
    const next = [...rows];
    next.splice(at + by, 0, ...next.splice(at, 1));
    onRows(next);
  };
  return (
    <div class="ff-stack" ref={box}>
      {rows.map((row, at) => {
        const name = `${word} ${at + 1}`;
        const change = (next: T): void => onRows(rows.map((one, place) => (place === at ? next : one)));
        return (
          <div class="ff-row-line" role="group" aria-label={name} key={at}>
            <div class="ff-line">{children(row, change, name, at === fresh, at)}</div>
            <span class="ff-line-end">
              {movable && (
                <>
                  <Button kind="bare" label={`move ${name} up`} disabled={at === 0} onClick={() => move(at, -1)}>
                    ↑
                  </Button>
                  <Button kind="bare" label={`move ${name} down`} disabled={at === rows.length - 1} onClick={() => move(at, 1)}>
                    ↓
                  </Button>
                </>
              )}
              <Button kind="bare" label={`remove ${name}`} onClick={() => take(at)}>
                ✕
              </Button>
            </span>
          </div>
        );
      })}
      {blank && (
        <button
          type="button"
          class="ff-button ff-start"
          onClick={() => {
            setFresh(rows.length);
            onRows([...rows, blank()]);
          }}
        >
          + {word}
        </button>
      )}
    </div>
  );
}

/** A part of a form with its name. */
export function Part({ title, note, children }: { title: string; note?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="ff-part ff-stack" aria-label={title}>
      <h3 class="ff-part-title">
        {title} <span class="ff-muted ff-small">{note}</span>
      </h3>
      {children}
    </section>
  );
}
