import { Dashboard } from "@fusionflow/shared/components/Dashboard.tsx";
import { widget } from "@fusionflow/shared/mount.tsx";

export default widget((_, store) => <Dashboard store={store} />);
