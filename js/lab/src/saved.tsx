// A job in the output of a cell, saved or at work: followed over the server, whatever became of its kernel.

import type { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { PanelLayout, Widget } from "@lumino/widgets";
import { JobCard } from "@fusionflow/shared/components/JobCard.tsx";
import { hasEnded } from "@fusionflow/shared/format.ts";
import type { JobStore } from "@fusionflow/shared/store.ts";
import { focusFirst } from "@fusionflow/shared/ui/keys.ts";
import { Button } from "@fusionflow/shared/ui/kit.tsx";

import { Mounted } from "./mounted";

export const JOB_MIME = "application/vnd.fusionflow.job+json";

export interface SavedPlaces {
  store: JobStore;
  rendermime: IRenderMimeRegistry;
  /** Whether jobs are followed here at all. */
  isLive: () => boolean;
  open: (job: string) => void;
}

/** The job's id in the data of an output; empty where there is none. */
export function jobIn(data: unknown): string {
  const job = typeof data === "object" && data !== null ? (data as { job?: unknown }).job : undefined;
  return typeof job === "string" ? job : "";
}

/** Whether the kernel says that the job has ended. */
function isOver(data: unknown): boolean {
  const status = typeof data === "object" && data !== null ? (data as { status?: unknown }).status : undefined;
  return status === "COMPLETED" || status === "FAILED" || status === "STOPPED";
}

/** Whether the output was made to be a card, and stays one when the job has ended. */
function isCard(data: unknown): boolean {
  return typeof data === "object" && data !== null && (data as { card?: unknown }).card === true;
}

/** Shows what was saved, and in its place the live card while the server says that the job is at work. */
export class SavedJob extends Widget implements IRenderMime.IRenderer {
  readonly #places: SavedPlaces;
  readonly #static: IRenderMime.IRenderer;
  readonly #live: Mounted;
  #job = "";
  #card = false;
  #atWork = false;
  #known = false;

  constructor(places: SavedPlaces) {
    super();
    this.#places = places;
    this.#static = places.rendermime.createRenderer("text/html");
    this.#live = new Mounted(() => this.#draw());
    const layout = new PanelLayout();
    layout.addWidget(this.#static);
    layout.addWidget(this.#live);
    this.layout = layout;
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const data = model.data[JOB_MIME];
    // While a cell runs, its kernel writes again and again what the card here knows already.
    if (jobIn(data) === this.#job && this.#atWork && !isOver(data)) return;
    await this.#static.renderModel(model);
    this.#job = jobIn(data);
    this.#card = isCard(data);
    if (this.#job && this.#places.isLive()) await this.#look();
    this.#show();
  }

  async #look(): Promise<void> {
    try {
      const job = await this.#places.store.load(this.#job);
      this.#known = true;
      this.#atWork = !hasEnded(job.status);
    } catch {
      // Another server's job, or one that is deleted: what was saved is all there is.
      this.#known = false;
      this.#atWork = false;
    }
  }

  #show(): void {
    const focused = this.#live.node.contains(document.activeElement);
    this.#static.setHidden(this.#atWork || (this.#card && this.#known));
    this.#live.setHidden(!this.#known);
    this.#live.redraw();
    // The card of a job that has ended is gone, and what had the focus with it.
    if (focused && !this.#live.node.contains(document.activeElement)) focusFirst(this.#live.node);
  }

  #draw() {
    const { store, open } = this.#places;
    if (!this.#known) return null;
    if (this.#atWork || this.#card) return <JobCard store={store} id={this.#job} />;
    return (
      <div class="ff-row">
        <Button kind="bare" onClick={() => open(this.#job)}>
          Details of this job
        </Button>
      </div>
    );
  }
}
