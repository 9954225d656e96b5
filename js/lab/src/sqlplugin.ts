// SQL's colours in cells, while the setting says so.

import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { EditorExtensionRegistry, IEditorExtensionRegistry } from "@jupyterlab/codemirror";

import { sqlColours } from "./sql";

export const sqlPlugin: JupyterFrontEndPlugin<void> = {
  id: "fusionflow-lab:sql",
  description: "Colours the SQL of %%fusionflow cells.",
  autoStart: true,
  requires: [IEditorExtensionRegistry],
  activate: (_app, editors: IEditorExtensionRegistry) => {
    editors.addExtension(
      Object.freeze({
        name: "fusionflow-lab:sql",
        factory: () => EditorExtensionRegistry.createConditionalExtension(sqlColours),
        default: true,
        schema: {
          type: "boolean",
          title: "SQL in FusionFlow cells",
          description: "Show the SQL of %%fusionflow cells in the colours of SQL.",
        },
      }),
    );
  },
};
