import { ResultGrid } from "@fusionflow/shared/components/ResultGrid.tsx";
import { useTrait, widget, type WidgetModel } from "@fusionflow/shared/mount.tsx";
import type { Transport } from "@fusionflow/shared/transport.ts";

function Grid({ model, transport }: { model: WidgetModel; transport: Transport }) {
  const job = String(useTrait(model, "job_id"));
  const what = useTrait(model, "what") === "rejects" ? "rejects" : "result";
  return <ResultGrid transport={transport} job={job} what={what} height={Number(useTrait(model, "height"))} />;
}

export default widget((model, store) => <Grid model={model} transport={store.transport} />);
