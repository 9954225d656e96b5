// A document for tests of components, and what each view must show as text and as nothing else.

import { Window } from "happy-dom";
import { type ComponentChild, options, render } from "preact";

/** Texts that a file, a column, a job or an error may hold. */
export const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "</td></table><b>bold</b>",
  "javascript:alert(1)",
  "&lt;b&gt; &amp; \"quoted\" 'too'",
  "turned \u202e around \u200b hidden",
  "\u001b[31m red \0 nul",
  "__proto__",
  "x".repeat(10_000),
] as const;

/** Draw a component into a document of its own. */
export function draw(component: ComponentChild): HTMLElement {
  const window = new Window();
  // Effects run after the next frame, of which there is none here.
  options.requestAnimationFrame = (run) => setTimeout(run);
  for (const name of ["document", "Event", "KeyboardEvent", "MouseEvent", "HTMLElement"] as const) {
    Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
  }
  const box = document.createElement("div");
  document.body.append(box);
  render(component, box);
  return box;
}

/** Let effects and promises that are due run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Wait until something holds, at most five seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !holds(); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
}
