// The service's doors in JupyterLab: its own token, XSRF header and base URL.

import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";
import type { HttpDoors } from "@fusionflow/shared/http.ts";

const PLACE = "fusionflow/api/v1";

export function labDoors(settings: ServerConnection.ISettings): HttpDoors {
  return {
    fetch: (path, init) => {
      const url = `${URLExt.join(settings.baseUrl, PLACE)}/${path}`;
      // With its own "no-store" JupyterLab adds the time to the query, and the service knows no such field.
      return ServerConnection.makeRequest(url, { ...init, cache: "no-cache" }, settings);
    },
    socket: (path) => {
      const url = new URL(`${URLExt.join(settings.wsUrl, PLACE)}/${path}`);
      if (settings.appendToken && settings.token) url.searchParams.set("token", settings.token);
      return new settings.WebSocket(url.toString());
    },
  };
}

/** The address of something that the browser fetches by itself, such as a download. */
export function labUrl(settings: ServerConnection.ISettings, path: string): string {
  return `${URLExt.join(settings.baseUrl, PLACE)}/${path}`;
}
