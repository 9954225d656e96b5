// A component as an anywidget module: its own transport and store, closed again with its view.

import { type ComponentChild, render } from "preact";

import { CommTransport, type CommModel } from "./comm";
import { JobStore } from "./store";

/** An anywidget model: traits and messages. */
export interface WidgetModel extends CommModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, listener: (...data: never[]) => void): void;
  off(event: string, listener: (...data: never[]) => void): void;
}

interface WidgetModule {
  render(place: { model: WidgetModel; el: HTMLElement }): () => void;
}

/** Make the module that `_esm` names from what draws the widget. */
export function widget(draw: (model: WidgetModel, store: JobStore) => ComponentChild): WidgetModule {
  return {
    render({ model, el }) {
      const transport = new CommTransport(model);
      const box = document.createElement("div");
      box.className = "ff";
      el.append(box);
      render(draw(model, new JobStore(transport)), box);
      return () => {
        render(null, box);
        transport.close();
      };
    },
  };
}
