// A component as a widget of JupyterLab, drawn while it is attached.

import { Widget } from "@lumino/widgets";
import { type ComponentChild, render } from "preact";

export class Mounted extends Widget {
  readonly #draw: () => ComponentChild;

  constructor(draw: () => ComponentChild) {
    super();
    this.#draw = draw;
    this.addClass("ff");
  }

  /** Draw again what is drawn from outside the component. */
  redraw(): void {
    if (this.isAttached) render(this.#draw(), this.node);
  }

  protected override onAfterAttach(): void {
    render(this.#draw(), this.node);
  }

  protected override onBeforeDetach(): void {
    render(null, this.node);
  }
}
