// What the kept states take, and how to have the place back.

import { agoText, bytesText, countText } from "@fusionflow/shared/format.ts";
import type { CacheUse } from "@fusionflow/shared/model.ts";
import { fetchJson, type Transport } from "@fusionflow/shared/transport.ts";
import { Confirm } from "@fusionflow/shared/ui/confirm.tsx";
import { Button } from "@fusionflow/shared/ui/kit.tsx";
import { useState } from "preact/hooks";

import { FetchedView, useFetched } from "./fetched";

const DAY = 86_400;

export function CacheView({ transport }: { transport: Transport }) {
  const fetched = useFetched("cache", () => fetchJson<CacheUse>(transport, "GET", "cache"));
  const [asked, setAsked] = useState(false);
  return (
    <FetchedView what="the kept states" fetched={fetched}>
      {(use) => (
        <div class="ff-stack">
          <div>
            {countText(use.states, "state")}, {bytesText(use.bytes)}
          </div>
          <div class="ff-muted ff-small ff-clip" title={use.place}>
            {use.place}
          </div>
          <div class="ff-muted">{policyText(use)}</div>
          <div class="ff-muted">A job whose states are kept scans only what has changed.</div>
          {asked && (
            <Confirm
              question="Delete all states that no running job needs?"
              action="Delete"
              onConfirm={async () => {
                await fetchJson<unknown>(transport, "DELETE", "cache");
                fetched.again();
              }}
              onClose={() => setAsked(false)}
            >
              Their files are scanned again next time.
            </Confirm>
          )}
          <div class="ff-row">
            <Button onClick={() => setAsked(true)} disabled={use.states === 0}>
              Empty…
            </Button>
            <Button onClick={fetched.again}>Look again</Button>
          </div>
        </div>
      )}
    </FetchedView>
  );
}

/** What retention does, in a sentence. */
export function policyText({ limit_bytes, limit_days }: CacheUse): string {
  const rules = [
    limit_bytes === null ? "" : `over ${bytesText(limit_bytes)}`,
    limit_days === null ? "" : `not used since ${agoText(0, limit_days * DAY).replace(" ago", "")}`,
  ].filter(Boolean);
  return rules.length ? `The oldest go when they are ${rules.join(", or ")}.` : "Nothing is deleted by itself.";
}
