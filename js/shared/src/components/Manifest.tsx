// What a COPY wrote: its columns, and every file with its rows and bytes.

import { visible } from "../cells";
import type { QueryPlan } from "../model";
import type { Transport } from "../transport";
import { ResultGrid } from "./ResultGrid";

interface ManifestProps {
  transport: Transport;
  job: string;
  plan: QueryPlan | null;
}

export function Manifest({ transport, job, plan }: ManifestProps) {
  return (
    <div class="ff-stack">
      {plan?.sink && (
        <div>
          <span class="ff-muted">written to</span> <bdi>{visible(plan.sink)}</bdi>
        </div>
      )}
      <ResultGrid transport={transport} job={job} height={220} />
      {plan && plan.columns.length > 0 && (
        <table class="ff-table ff-manifest" aria-label="columns">
          <thead>
            <tr>
              <th scope="col">column</th>
              <th scope="col">type</th>
            </tr>
          </thead>
          <tbody>
            {plan.columns.map(({ name, type }, at) => (
              <tr key={at}>
                <td>{visible(name)}</td>
                <td class="ff-muted">{visible(type)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
