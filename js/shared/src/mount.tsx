// A component as an anywidget module: its own transport and store, closed again with its model.

import { type ComponentChild, render } from "preact";

import { useEffect, useState } from "preact/hooks";

import { CommTransport, type CommModel } from "./comm";
import { JobStore } from "./store";
import { keepKeys } from "./ui/keys";

/** An anywidget model: traits and messages. */
export interface WidgetModel extends CommModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
}

interface WidgetModule {
  initialize(place: { model: WidgetModel }): () => void;
  render(place: { model: WidgetModel; el: HTMLElement }): () => void;
}

/** Make the module that `_esm` names from what draws the widget: one transport and store for all of its views. */
export function widget(draw: (model: WidgetModel, store: JobStore) => ComponentChild): () => WidgetModule {
  return () => {
    let store: JobStore | null = null;
    return {
      initialize({ model }) {
        const transport = new CommTransport(model);
        store = new JobStore(transport);
        return () => transport.close();
      },
      render({ model, el }) {
        if (!store) return () => undefined;
        const box = document.createElement("div");
        box.className = "ff";
        keepKeys(box);
        el.append(box);
        render(draw(model, store), box);
        return () => render(null, box);
      },
    };
  };
}

/** The value of a trait of a widget, drawn again when the kernel changes it. */
export function useTrait(model: WidgetModel, name: string): unknown {
  const [value, set] = useState<unknown>(() => model.get(name));
  useEffect(() => {
    const look = (): void => set(() => model.get(name));
    look();
    model.on(`change:${name}`, look);
    return () => model.off(`change:${name}`, look);
  }, [model, name]);
  return value;
}
