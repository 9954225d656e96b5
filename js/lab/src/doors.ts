// The service's doors in JupyterLab: its own token, XSRF header and base URL.

import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";
import type { HttpDoors } from "@fusionflow/shared/http.ts";

const PLACE = "fusionflow/api/v1";

export function labDoors(settings: ServerConnection.ISettings): HttpDoors {
  const withToken = (url: URL): string => {
    if (settings.appendToken && settings.token) url.searchParams.set("token", settings.token);
    return url.toString();
  };
  return {
    fetch: (path, init) => {
      const url = `${URLExt.join(settings.baseUrl, PLACE)}/${path}`;
      // With its own "no-store" JupyterLab adds the time to the query, and the service knows no such field.
      return ServerConnection.makeRequest(url, { ...init, cache: "no-cache" }, settings);
    },
    socket: (path) => new settings.WebSocket(withToken(new URL(`${URLExt.join(settings.wsUrl, PLACE)}/${path}`))),
    url: (path) => withToken(new URL(`${URLExt.join(settings.baseUrl, PLACE)}/${path}`, document.baseURI)),
  };
}
