// A component as a widget of JupyterLab: drawn from when it is first seen until it is taken away.

import { Widget } from "@lumino/widgets";
import { keepKeys } from "@fusionflow/shared/ui/keys.ts";
import { type ComponentChild, render } from "preact";

export class Mounted extends Widget {
  readonly #draw: () => ComponentChild;

  constructor(draw: () => ComponentChild) {
    super();
    this.#draw = draw;
    this.addClass("ff");
    keepKeys(this.node);
  }

  /** Draw, or draw again what has changed outside the component; a panel that nobody opens asks for nothing. */
  redraw(): void {
    if (this.isVisible) render(this.#draw(), this.node);
  }

  protected override onAfterAttach(): void {
    this.redraw();
  }

  protected override onAfterShow(): void {
    this.redraw();
  }

  protected override onBeforeDetach(): void {
    render(null, this.node);
  }
}
