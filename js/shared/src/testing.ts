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

/** Wait until something holds; fails after a minute. */
export async function until(holds: () => unknown, what = "it never came so"): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn === 6000) throw new Error(what);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The first element that fits; fails without one. */
export function one<T extends HTMLElement = HTMLElement>(box: ParentNode, selector: string): T {
  const found = box.querySelector<T>(selector);
  if (!found) throw new Error(`there is no ${selector}`);
  return found;
}

/** The button, tab or checkbox whose label or text begins so. */
export function button(box: ParentNode, text: string): HTMLElement {
  const all = Array.from(box.querySelectorAll<HTMLElement>("button, input"));
  const found = all.find((each) => (each.getAttribute("aria-label") ?? each.textContent ?? "").trim().startsWith(text));
  if (!found) throw new Error(`there is no button ${text}`);
  return found;
}

export function press(element: HTMLElement, key: string, more: KeyboardEventInit = {}): void {
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
}

export function click(element: HTMLElement, more: MouseEventInit = {}): void {
  element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ...more }));
}

/** The elements of a place that only markup in data would make. */
export function foreign(box: ParentNode): Element[] {
  return Array.from(box.querySelectorAll("img, script, b, i, iframe, style, object, form, [onerror], a[href^='javascript']"));
}
