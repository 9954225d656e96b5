// Rows of the service a page at a time: rejects, results, manifests.

import { useState } from "preact/hooks";

import { readArrow, type Table } from "../arrow";
import { countText } from "../format";
import { fetchReply, type Transport } from "../transport";
import { FetchedView, useFetched } from "../ui/fetched";
import { Button, Empty } from "../ui/kit";
import { RowsTable } from "./RowsTable";

const PAGE = 50;
const ARROW = "application/vnd.apache.arrow.stream";

interface PagedRowsProps {
  transport: Transport;
  path: string;
  /** What the rows are. */
  label: string;
}

export interface RowsPage {
  table: Table;
  total: number;
}

/** Fetch some rows as Arrow, and how many there are in all. */
export async function fetchRows(transport: Transport, path: string, offset: number, limit: number): Promise<RowsPage> {
  const { body, headers } = await fetchReply(transport, "GET", path, { query: { offset, limit }, accept: ARROW });
  const table = readArrow(body);
  const name = Object.keys(headers).find((one) => one.toLowerCase() === "x-total-rows");
  return { table, total: name === undefined ? table.numRows : Number(headers[name]) };
}

export function PagedRows({ transport, path, label }: PagedRowsProps) {
  const [offset, setOffset] = useState(0);
  const page = useFetched(`${path} ${offset}`, () => fetchRows(transport, path, offset, PAGE));
  return (
    <FetchedView what={`the ${label}`} fetched={page}>
      {({ table, total }) =>
        total === 0 ? (
          <Empty>0 rows</Empty>
        ) : (
          <div class="ff-stack">
            <RowsTable table={table} label={label} most={PAGE} />
            {total > PAGE && (
              <div class="ff-row">
                <Button disabled={offset === 0} onClick={() => setOffset(Math.max(0, offset - PAGE))}>
                  Back
                </Button>
                <span role="status">
                  {countText(offset + 1)}–{countText(Math.min(offset + PAGE, total))} of {countText(total, "row")}
                </span>
                <Button disabled={offset + PAGE >= total} onClick={() => setOffset(offset + PAGE)}>
                  On
                </Button>
              </div>
            )}
          </div>
        )
      }
    </FetchedView>
  );
}
