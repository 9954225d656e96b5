import { widget } from "@fusionflow/shared/mount.tsx";
import { JobCard } from "@fusionflow/shared/components/JobCard.tsx";

export default widget((model, store) => <JobCard store={store} id={String(model.get("job_id"))} />);
