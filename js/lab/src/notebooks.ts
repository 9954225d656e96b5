// Where a job stands in the open notebooks, and cells written for the user.

import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { ICodeCellModel } from "@jupyterlab/cells";
import { type INotebookTracker, NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";

import { JOB_MIME, jobIn } from "./saved";

interface CellPlace {
  panel: NotebookPanel;
  index: number;
}

function outputsHold(model: ICodeCellModel, job: string): boolean {
  for (let at = 0; at < model.outputs.length; at += 1) {
    if (jobIn(model.outputs.get(at).data[JOB_MIME]) === job) return true;
  }
  return false;
}

/** Find the cell that shows a job; null where no open notebook does. */
export function cellOf(tracker: INotebookTracker, job: string): CellPlace | null {
  let found: CellPlace | null = null;
  tracker.forEach((panel) => {
    panel.content.widgets.forEach((cell, index) => {
      if (cell.model.type === "code" && outputsHold(cell.model as ICodeCellModel, job)) found ??= { panel, index };
    });
  });
  return found;
}

/** Bring a cell to the front, in sight. */
export async function show(app: JupyterFrontEnd, { panel, index }: CellPlace): Promise<void> {
  app.shell.activateById(panel.id);
  panel.content.activeCellIndex = index;
  await panel.content.scrollToItem(index, "center");
}

/** Write a cell below the active one of the notebook in front; false where there is no notebook. */
export function writeCell(tracker: INotebookTracker, source: string): NotebookPanel | null {
  const panel = tracker.currentWidget;
  if (!panel) return null;
  NotebookActions.insertBelow(panel.content);
  panel.content.activeCell?.model.sharedModel.setSource(source);
  return panel;
}

/** Write a cell that shows a job, and run it. */
export async function attachHere(tracker: INotebookTracker, job: string): Promise<boolean> {
  const panel = writeCell(tracker, `%fusionflow attach ${job}`);
  if (!panel) return false;
  await NotebookActions.run(panel.content, panel.sessionContext);
  return true;
}
