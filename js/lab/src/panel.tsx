// The side panel: jobs, clusters, files, kept states.

import type { ILayoutRestorer, JupyterFrontEnd } from "@jupyterlab/application";
import type { INotebookTracker } from "@jupyterlab/notebook";
import { JobsBoard } from "@fusionflow/shared/components/JobsBoard.tsx";
import type { JobStore } from "@fusionflow/shared/store.ts";
import { Button, Tabs } from "@fusionflow/shared/ui/kit.tsx";
import { useState } from "preact/hooks";

import { CacheView } from "./cache";
import { ClustersView } from "./clusters";
import { Command } from "./commands";
import { FilesView } from "./files";
import { icon } from "./icon";
import { Mounted } from "./mounted";
import { writeCell } from "./notebooks";

interface PanelPlaces {
  store: JobStore;
  notebooks: INotebookTracker;
  restorer: ILayoutRestorer | null;
  side: "left" | "right";
}

const TABS = [
  { id: "jobs", title: "Jobs" },
  { id: "files", title: "Files" },
  { id: "clusters", title: "Clusters" },
  { id: "cache", title: "Cache" },
] as const;

type TabId = (typeof TABS)[number]["id"];

interface PanelProps {
  store: JobStore;
  openJob: (job: string) => void;
  newJob: () => void;
  openBoard: () => void;
  toCell: (sql: string) => void;
}

function Panel({ store, openJob, newJob, openBoard, toCell }: PanelProps) {
  const [tab, setTab] = useState<TabId>("jobs");
  return (
    <div class="ff-page ff-stack">
      <div class="ff-row ff-spread">
        <h2 class="ff-title">FusionFlow</h2>
        <div class="ff-row">
          <Button onClick={newJob}>New job</Button>
          <Button onClick={openBoard}>All jobs</Button>
        </div>
      </div>
      <Tabs label="FusionFlow" tabs={TABS} chosen={tab} onChoose={setTab} />
      {tab === "jobs" && <JobsBoard store={store} compact onOpen={openJob} />}
      {tab === "files" && <FilesView transport={store.transport} onQuery={toCell} />}
      {tab === "clusters" && <ClustersView transport={store.transport} />}
      {tab === "cache" && <CacheView transport={store.transport} />}
    </div>
  );
}

export function addPanel(app: JupyterFrontEnd, { store, notebooks, restorer, side }: PanelPlaces): void {
  const { commands } = app;
  const panel = new Mounted(() => (
    <Panel
      store={store}
      openJob={(job) => void commands.execute(Command.openJob, { job })}
      newJob={() => void commands.execute(Command.newJob)}
      openBoard={() => void commands.execute(Command.board)}
      toCell={(sql) => void writeCell(notebooks, `%%fusionflow\n${sql}`)}
    />
  ));
  panel.id = "fusionflow-panel";
  panel.title.icon = icon;
  panel.title.caption = "FusionFlow: jobs, files, clusters, cache";
  app.shell.add(panel, side, { rank: 900 });
  restorer?.add(panel, panel.id);
}
