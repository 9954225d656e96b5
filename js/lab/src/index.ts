// The plugins of the JupyterLab extension.

import { panelPlugin } from "./plugin";
import { sqlPlugin } from "./sqlplugin";

export default [panelPlugin, sqlPlugin];
