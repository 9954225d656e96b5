// Arrow from the service, as rows of text for tables.

import { tableFromIPC, type Table } from "@uwdata/flechette";

export type { Table };

/** Read an Arrow IPC stream; 64-bit integers keep every digit. */
export function readArrow(bytes: Uint8Array): Table {
  return tableFromIPC(bytes, { useBigInt: true, useDate: false, useDecimalInt: false });
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
