import { JobDetails } from "@fusionflow/shared/components/JobDetails.tsx";
import { widget } from "@fusionflow/shared/mount.tsx";

export default widget((model, store) => (
  <div class="ff-card">
    <JobDetails store={store} id={String(model.get("job_id"))} />
  </div>
));
