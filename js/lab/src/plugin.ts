// The panel, jobs in the main area, the renderer of saved jobs, and the commands of all of them.

import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { INotebookTracker } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { giveFiles } from "@fusionflow/shared/download.ts";
import { INSERT_CELL } from "@fusionflow/shared/form/insert.ts";
import { HttpTransport } from "@fusionflow/shared/http.ts";
import { JobStore } from "@fusionflow/shared/store.ts";

import { addCommands, Command } from "./commands";
import { labDoors } from "./doors";
import { addLook } from "./look";
import { writeCell } from "./notebooks";
import { addPanel } from "./panel";
import { JOB_MIME, SavedJob } from "./saved";

const ID = "fusionflow-lab:panel";
// Before the widgets' own renderer (-10): a card over the server outlives its kernel.
const RANK = -20;

function activate(
  app: JupyterFrontEnd,
  rendermime: IRenderMimeRegistry,
  notebooks: INotebookTracker,
  settings: ISettingRegistry | null,
  palette: ICommandPalette | null,
  restorer: ILayoutRestorer | null,
  shell: ILabShell | null,
): void {
  addLook();
  const store = new JobStore(new HttpTransport(labDoors(app.serviceManager.serverSettings)));
  let live = true;
  const open = (job: string): void => void app.commands.execute(Command.openJob, { job });
  rendermime.addFactory(
    {
      safe: true,
      mimeTypes: [JOB_MIME],
      createRenderer: () => new SavedJob({ store, rendermime, isLive: () => live, open }),
    },
    RANK,
  );
  // A form in a cell knows nothing of notebooks: it asks for a cell below by an event.
  document.addEventListener(INSERT_CELL, (event) => {
    const text: unknown = event instanceof CustomEvent ? event.detail : null;
    if (typeof text === "string" && writeCell(notebooks, text)) event.preventDefault();
  });
  giveFiles(store.transport);
  addCommands(app, { store, notebooks, palette });
  const read = async (): Promise<void> => {
    const loaded = await settings?.load(ID);
    const take = (): void => {
      live = loaded?.get("liveJobs").composite !== false;
    };
    loaded?.changed.connect(take);
    if (loaded) take();
    const side = loaded?.get("side").composite === "right" ? "right" : "left";
    if (shell) addPanel(app, { store, notebooks, restorer, side });
  };
  void read();
}

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: "Shows jobs, clusters, files and kept states beside the notebooks.",
  autoStart: true,
  requires: [IRenderMimeRegistry, INotebookTracker],
  optional: [ISettingRegistry, ICommandPalette, ILayoutRestorer, ILabShell],
  activate,
};
