// Files that queries can read, and what is in them.

import { fromBase64, readArrow } from "@fusionflow/shared/arrow.ts";
import { RowsTable } from "@fusionflow/shared/components/RowsTable.tsx";
import { bytesText, countText } from "@fusionflow/shared/format.ts";
import type { FolderEntry, FolderListing, Sniffed } from "@fusionflow/shared/model.ts";
import { fetchJson, type Transport } from "@fusionflow/shared/transport.ts";
import { Button, Empty } from "@fusionflow/shared/ui/kit.tsx";
import { Virtual } from "@fusionflow/shared/ui/virtual.tsx";
import { useMemo, useState } from "preact/hooks";

import { FetchedView, useFetched } from "./fetched";

interface FilesProps {
  transport: Transport;
  /** Write a query of the chosen files into a cell. */
  onQuery: (sql: string) => void;
}

export function FilesView({ transport, onQuery }: FilesProps) {
  const [path, setPath] = useState("");
  const [chosen, setChosen] = useState("");
  const [typed, setTyped] = useState("");
  const fetched = useFetched(path, () => fetchJson<FolderListing>(transport, "GET", "files", { query: { path } }));
  const open = (entry: FolderEntry): void => {
    if (entry.folder) setPath(entry.path);
    setChosen(entry.folder ? "" : entry.path);
  };
  return (
    <div class="ff-stack">
      <form
        class="ff-row"
        onSubmit={(event) => {
          event.preventDefault();
          setPath(typed);
          setChosen("");
        }}
      >
        <input
          class="ff-input ff-grow"
          aria-label="Folder or s3:// address"
          placeholder="folder or s3://bucket/…"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" class="ff-button">
          Open
        </button>
      </form>
      <FetchedView what="the folder" fetched={fetched}>
        {(listing) => <Folder listing={listing} chosen={chosen} onOpen={open} onUp={() => setPath(listing.parent)} />}
      </FetchedView>
      {chosen && <FileSchema key={chosen} transport={transport} path={chosen} onQuery={onQuery} />}
    </div>
  );
}

interface FolderProps {
  listing: FolderListing;
  chosen: string;
  onOpen: (entry: FolderEntry) => void;
  onUp: () => void;
}

const ROW = 28;

function Folder({ listing, chosen, onOpen, onUp }: FolderProps) {
  const { entries } = listing;
  return (
    <div class="ff-stack">
      <div class="ff-row">
        <Button kind="bare" onClick={onUp} disabled={!listing.parent} label="Up to the folder above">
          ↑
        </Button>
        <span class="ff-clip ff-grow ff-muted" title={listing.path}>
          {listing.path || "files"}
        </span>
      </div>
      {entries.length === 0 && <Empty>Nothing here that a query can read.</Empty>}
      <Virtual rows={entries.length} rowHeight={ROW} height={ROW * 12} label="files">
        {({ first, count }) =>
          entries.slice(first, first + count).map((entry) => (
            <div key={entry.path} class="ff-row" style={{ height: `${ROW}px`, flexWrap: "nowrap" }}>
              <button
                type="button"
                class="ff-button ff-button-bare ff-clip ff-grow"
                style={{ textAlign: "start" }}
                aria-pressed={entry.path === chosen}
                title={entry.name}
                onClick={() => onOpen(entry)}
              >
                <span aria-hidden="true">{entry.folder ? "▸ " : "· "}</span>
                {entry.name}
              </button>
              {entry.size !== null && <span class="ff-muted ff-small">{bytesText(entry.size)}</span>}
            </div>
          ))
        }
      </Virtual>
      {listing.more && <div class="ff-muted">There are more: type a folder above.</div>}
    </div>
  );
}

function FileSchema({ transport, path, onQuery }: FilesProps & { path: string }) {
  const fetched = useFetched(path, () => fetchJson<Sniffed>(transport, "POST", "sniff", { body: { path } }));
  return (
    <FetchedView what="its columns" fetched={fetched}>
      {(sniffed) => <Columns sniffed={sniffed} onQuery={onQuery} />}
    </FetchedView>
  );
}

function Columns({ sniffed, onQuery }: { sniffed: Sniffed; onQuery: (sql: string) => void }) {
  const sample = useMemo(() => readArrow(fromBase64(sniffed.sample)), [sniffed]);
  const { columns, format, files, bytes } = sniffed;
  return (
    <section class="ff-stack" aria-label={`columns of ${sniffed.path}`}>
      <div class="ff-row ff-spread">
        <strong>{countText(columns.length, "column")}</strong>
        <span class="ff-muted">
          {format}, {countText(files, "file")}, {bytesText(bytes)}
        </span>
      </div>
      <RowsTable table={sample} label="first rows" most={5} types={columns.map((column) => column.type)} />
      <div>
        <Button onClick={() => onQuery(`SELECT *\nFROM ${sniffed.source}\nLIMIT 100`)}>Query in a cell</Button>
      </div>
    </section>
  );
}
