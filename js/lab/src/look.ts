// The components' look, once in the page.

import text from "@fusionflow/shared/style.css";

const ID = "fusionflow-style";

export function addLook(): void {
  if (document.getElementById(ID)) return;
  const style = document.createElement("style");
  style.id = ID;
  style.textContent = text;
  document.head.append(style);
}
