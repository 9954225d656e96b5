// The clusters that jobs use now: reached where, how many workers, and whether they fit.

import { agoText, countText } from "@fusionflow/shared/format.ts";
import type { Cluster, ClusterList } from "@fusionflow/shared/model.ts";
import { fetchJson, type Transport } from "@fusionflow/shared/transport.ts";
import { Button, CopyButton, Empty } from "@fusionflow/shared/ui/kit.tsx";

import { FetchedView, useFetched } from "./fetched";

export function ClustersView({ transport }: { transport: Transport }) {
  const fetched = useFetched("clusters", () => fetchJson<ClusterList>(transport, "GET", "clusters"));
  return (
    <FetchedView what="clusters" fetched={fetched}>
      {({ clusters }) => (
        <div class="ff-stack">
          {clusters.length === 0 && <Empty>No cluster is in use. One starts with the first job.</Empty>}
          {clusters.map((cluster) => (
            <ClusterCard key={cluster.runner} cluster={cluster} />
          ))}
          <div>
            <Button onClick={fetched.again}>Look again</Button>
          </div>
        </div>
      )}
    </FetchedView>
  );
}

/** A link only to a page of the web: what a cluster says of itself is not trusted further. */
export function dashboardLink(text: string): string | null {
  return /^(https?:\/\/|\/(?!\/))/i.test(text) ? text : null;
}

function ClusterCard({ cluster }: { cluster: Cluster }) {
  const link = dashboardLink(cluster.dashboard);
  const place = cluster.scheduler || "starting";
  return (
    <section class="ff-card ff-stack" aria-label={`cluster ${cluster.name}`}>
      <div class="ff-row ff-spread">
        <strong class="ff-clip" title={cluster.name}>
          {cluster.name}
        </strong>
        <span>{countText(cluster.workers, "worker")}</span>
      </div>
      <div class="ff-row">
        <span class="ff-code ff-clip ff-grow" title={place}>
          {place}
        </span>
        {cluster.scheduler && <CopyButton text={cluster.scheduler} label="Copy the scheduler's address" />}
      </div>
      <div class={`ff-badge ${cluster.version_ok ? "ff-good" : "ff-warn"}`}>
        <span class="ff-badge-icon" aria-hidden="true">
          {cluster.version_ok ? "✓" : "!"}
        </span>
        <span>
          extension {cluster.version}
          {cluster.version_ok ? "" : ", not the version of this server: fusionflow doctor says what to do"}
        </span>
      </div>
      <div class="ff-muted ff-small">
        {cluster.in_process ? `in a process of its own jobs on ${cluster.host}` : `driven on ${cluster.host}`}, heard of{" "}
        {agoText(cluster.heartbeat, Date.now() / 1000)}
      </div>
      {link && (
        <a href={link} target="_blank" rel="noreferrer">
          Dask dashboard
        </a>
      )}
    </section>
  );
}
