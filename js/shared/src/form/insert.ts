// A new cell from a widget: the front end's own extension makes it where it is installed; else the text is on the
// clipboard. A widget itself knows nothing of notebooks.

/** The event that asks for a new cell below; who makes it prevents its default. */
export const INSERT_CELL = "fusionflow:insert-cell";

/** Ask for a cell with this text; resolves with what to tell the user. */
export async function insertCell(text: string): Promise<string> {
  const asked = new CustomEvent(INSERT_CELL, { detail: text, cancelable: true });
  if (!document.dispatchEvent(asked)) return "a cell is below";
  await navigator.clipboard.writeText(text);
  return "copied: paste it into a cell";
}
