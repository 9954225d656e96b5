// A job in the output of a cell, saved or at work: followed over the server, whatever became of its kernel.

import type { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { PanelLayout, Widget } from "@lumino/widgets";
import { JobCard } from "@fusionflow/shared/components/JobCard.tsx";
import { hasEnded } from "@fusionflow/shared/format.ts";
import type { JobStore } from "@fusionflow/shared/store.ts";
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

/** Shows what was saved, and in its place the live card while the server says that the job is at work. */
export class SavedJob extends Widget implements IRenderMime.IRenderer {
  readonly #places: SavedPlaces;
  readonly #static: IRenderMime.IRenderer;
  readonly #live: Mounted;
  #job = "";
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
    await this.#static.renderModel(model);
    this.#job = jobIn(model.data[JOB_MIME]);
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
    this.#static.setHidden(this.#atWork);
    this.#live.setHidden(!this.#known);
    this.#live.redraw();
  }

  #draw() {
    const { store, open } = this.#places;
    if (!this.#known) return null;
    if (this.#atWork) return <JobCard store={store} id={this.#job} />;
    return (
      <div class="ff-row">
        <Button kind="bare" onClick={() => open(this.#job)}>
          Details of this job
        </Button>
      </div>
    );
  }
}
