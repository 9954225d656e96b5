// A document for tests of components, and the questions they ask of it.

import { GlobalWindow } from "happy-dom";
import { type ComponentChild, render } from "preact";

const NAMES = ["document", "navigator", "HTMLElement", "Node", "Event", "KeyboardEvent", "MouseEvent"] as const;

const window = new GlobalWindow({ url: "http://localhost/" });
for (const name of NAMES) {
  Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
}

/** Draw into a new place of the document; returns it and what takes it out again. */
export function draw(child: ComponentChild): { box: HTMLElement; again: (child: ComponentChild) => void; end: () => void } {
  const box = document.createElement("div");
  document.body.append(box);
  render(child, box);
  return {
    box,
    again: (next) => render(next, box),
    end: () => {
      render(null, box);
      box.remove();
    },
  };
}

/** Wait until something is so; fails after five seconds. */
export async function until(so: () => unknown, what = "it never came so"): Promise<void> {
  const end = Date.now() + 5000;
  while (!so()) {
    if (Date.now() > end) throw new Error(what);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The first element that fits; fails without one. */
export function one<T extends HTMLElement = HTMLElement>(box: ParentNode, selector: string): T {
  const found = box.querySelector<T>(selector);
  if (!found) throw new Error(`there is no ${selector}`);
  return found;
}

/** The button, tab or checkbox whose text or label begins so. */
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

/** Texts that must show as text: markup, control characters, directions, length. */
export const HOSTILE = `<img src=x onerror="throw 1"><script>throw 2</script>&lt;b&gt;\u202Eabc\u0000\u001B[31m${"x".repeat(10_000)}`;

/** The elements of a place that only markup in data would make. */
export function foreign(box: ParentNode): Element[] {
  return Array.from(box.querySelectorAll("img, script, b, i, a[href^='javascript'], iframe, style, object, form"));
}
