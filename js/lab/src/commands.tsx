// What the palette, the panel and other extensions can do with jobs.

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { type ICommandPalette, MainAreaWidget, Notification } from "@jupyterlab/apputils";
import type { INotebookTracker } from "@jupyterlab/notebook";
import { JobDetails } from "@fusionflow/shared/components/JobDetails.tsx";
import { JobsBoard } from "@fusionflow/shared/components/JobsBoard.tsx";
import { SubmitForm } from "@fusionflow/shared/components/SubmitForm.tsx";
import type { JobStore } from "@fusionflow/shared/store.ts";
import { Button } from "@fusionflow/shared/ui/kit.tsx";
import type { ComponentChild } from "preact";

import { icon } from "./icon";
import { Mounted } from "./mounted";
import { attachHere, cellOf, show, writeCell } from "./notebooks";

export const Command = {
  board: "fusionflow:jobs",
  newJob: "fusionflow:new-job",
  openJob: "fusionflow:open-job",
  goToCell: "fusionflow:go-to-cell",
  attachHere: "fusionflow:attach-here",
} as const;

const CATEGORY = "FusionFlow";

interface CommandPlaces {
  store: JobStore;
  notebooks: INotebookTracker;
  palette: ICommandPalette | null;
}

/** Write a text into a cell and tell what became of it. */
function toCell(notebooks: INotebookTracker, text: string): string {
  const panel = writeCell(notebooks, text);
  return panel ? `written into ${panel.title.label}` : "open a notebook first: the cell is written below its active one";
}

function jobOf(args: { job?: unknown }): string {
  return typeof args.job === "string" ? args.job : "";
}

export function addCommands(app: JupyterFrontEnd, { store, notebooks, palette }: CommandPlaces): void {
  const { commands } = app;
  const run = (command: string, job: string): void => void commands.execute(command, { job });
  const openJob = (job: string): void => run(Command.openJob, job);

  const inMain = (id: string, label: string, draw: () => ComponentChild): void => {
    const there = [...app.shell.widgets("main")].find((one) => one.id === id);
    if (!there) {
      const content = new Mounted(() => <div class="ff-page ff-stack">{draw()}</div>);
      const widget = new MainAreaWidget({ content });
      widget.id = id;
      widget.title.label = label;
      widget.title.icon = icon;
      widget.title.closable = true;
      app.shell.add(widget, "main");
    }
    app.shell.activateById(id);
  };

  commands.addCommand(Command.board, {
    label: "Jobs",
    caption: "All jobs, to be searched, stopped and deleted",
    icon,
    execute: () => inMain("fusionflow-jobs", "Jobs", () => <JobsBoard store={store} onOpen={openJob} />),
  });
  commands.addCommand(Command.newJob, {
    label: "New Job",
    caption: "Make a query of files by a form",
    icon,
    execute: () =>
      inMain("fusionflow-new-job", "New job", () => (
        <SubmitForm store={store} onCell={(text) => Promise.resolve(toCell(notebooks, text))} />
      )),
  });
  commands.addCommand(Command.openJob, {
    label: "Open Job",
    execute: (args) => {
      const job = jobOf(args);
      inMain(`fusionflow-job-${job}`, `Job ${job}`, () => (
        <>
          <div class="ff-row">
            <Button onClick={() => run(Command.goToCell, job)}>Go to its cell</Button>
            <Button onClick={() => run(Command.attachHere, job)}>Attach here</Button>
          </div>
          <JobDetails store={store} id={job} onJob={openJob} />
        </>
      ));
    },
  });
  commands.addCommand(Command.goToCell, {
    label: "Go to the Cell of a Job",
    execute: async (args) => {
      const place = cellOf(notebooks, jobOf(args));
      if (place) await show(app, place);
      else Notification.info("No open notebook shows this job. Attach here writes a cell that does.");
    },
  });
  commands.addCommand(Command.attachHere, {
    label: "Attach a Job Here",
    caption: "Write a cell below the active one that shows the job, and run it",
    execute: async (args) => {
      if (!(await attachHere(notebooks, jobOf(args)))) Notification.info("Open a notebook first: the job is shown in a cell.");
    },
  });
  for (const command of [Command.board, Command.newJob]) palette?.addItem({ command, category: CATEGORY });
}
