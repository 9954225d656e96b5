// Folders of the allowed roots and of object stores, one at a time: search in it, go down, go up, take a file
// or all files of one kind.

import { useEffect, useState } from "preact/hooks";

import { matching } from "../form/edit";
import { bytesText, countText } from "../format";
import type { FolderEntry, FolderListing, Problem } from "../model";
import { fetchJson, type Transport } from "../transport";
import { TextInput } from "../ui/controls";
import { Button, Empty, Loading, problemOf, ProblemNote } from "../ui/kit";
import { Virtual } from "../ui/virtual";
import { visible } from "../visible";

const ROW = 28;
const HEIGHT = 224;
const KINDS = /\.(csv|tsv|jsonl?|ndjson|parquet|arrow|feather|ipc)(\.(gz|zst|bz2))?$/i;

interface FileBrowserProps {
  transport: Transport;
  /** What is chosen now: its folder is where looking begins. */
  at: string;
  onChoose: (path: string) => void;
}

/** The folder of a path or pattern; empty for the first root. */
export function folderOf(path: string): string {
  const fixed = path.split(/[*?[{]/)[0] ?? "";
  const end = fixed.lastIndexOf("/");
  const folder = end < 0 ? "" : fixed.slice(0, end + 1);
  return /^\w+:\/+$/.test(folder) || folder === "/" ? folder : folder.replace(/\/$/, "");
}

/** Patterns for all files of a kind that a folder has several of, the most frequent first. */
export function patternsOf(listing: FolderListing): { pattern: string; files: number }[] {
  const counts = new Map<string, number>();
  for (const entry of listing.entries) {
    const found = entry.folder ? null : KINDS.exec(entry.name);
    if (found) counts.set(found[0], (counts.get(found[0]) ?? 0) + 1);
  }
  const base = listing.path && !listing.path.endsWith("/") ? `${listing.path}/` : listing.path;
  const several = [...counts].filter(([, files]) => files > 1).sort((one, other) => other[1] - one[1]);
  return several.slice(0, 3).map(([kind, files]) => ({ pattern: `${base}*${kind}`, files }));
}

export function FileBrowser({ transport, at, onChoose }: FileBrowserProps) {
  const [path, setPath] = useState(() => folderOf(at));
  const [listing, setListing] = useState<FolderListing | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [search, setSearch] = useState("");
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let here = true;
    setProblem(null);
    fetchJson<FolderListing>(transport, "GET", "files", { query: { path } })
      .then((found) => here && setListing(found))
      .catch((error: unknown) => here && setProblem(problemOf(error)));
    return () => {
      here = false;
    };
  }, [transport, path, tries]);
  const go = (next: string): void => {
    setSearch("");
    setPath(next);
  };
  return (
    <div class="ff-files ff-stack" role="group" aria-label="files">
      <div class="ff-line">
        <Button label="up to the folder above" disabled={!listing?.parent} onClick={() => listing && go(listing.parent)}>
          ↑
        </Button>
        <bdi class="ff-clip ff-grow ff-muted" title={visible(listing?.path ?? path)}>
          {visible(listing?.path ?? path) || "files"}
        </bdi>
        <TextInput label="search in this folder" kind="search" value={search} onText={setSearch} />
      </div>
      {problem && <ProblemNote problem={problem} retry={() => setTries(tries + 1)} />}
      {!listing && !problem && <Loading what="files" />}
      {listing && !problem && <Entries listing={listing} search={search} onGo={go} onChoose={onChoose} />}
    </div>
  );
}

interface EntriesProps {
  listing: FolderListing;
  search: string;
  onGo: (path: string) => void;
  onChoose: (path: string) => void;
}

function Entries({ listing, search, onGo, onChoose }: EntriesProps) {
  const byName = new Map(listing.entries.map((entry) => [entry.name, entry]));
  const names = matching(listing.entries.map((entry) => entry.name), search);
  return (
    <>
      {patternsOf(listing).map(({ pattern, files }) => (
        <Button key={pattern} onClick={() => onChoose(pattern)} label={`take ${visible(pattern)}`}>
          Take all {countText(files)} {visible(pattern.slice(pattern.lastIndexOf("/") + 1))}
        </Button>
      ))}
      {names.length === 0 && <Empty>{listing.entries.length ? "No name holds this text." : "This folder is empty."}</Empty>}
      <Virtual rows={names.length} rowHeight={ROW} height={HEIGHT} label="names">
        {({ first, count }) =>
          names.slice(first, first + count).map((name) => {
            const entry = byName.get(name);
            return entry && <Entry key={name} entry={entry} onGo={onGo} onChoose={onChoose} />;
          })
        }
      </Virtual>
      <div class="ff-muted ff-small">
        {countText(names.length)} of {countText(listing.entries.length, "name")}
        {listing.more && "; there are more, which are not listed: write the path above"}
      </div>
    </>
  );
}

function Entry({ entry, onGo, onChoose }: { entry: FolderEntry } & Pick<EntriesProps, "onGo" | "onChoose">) {
  const name = visible(entry.name);
  return (
    <button
      type="button"
      class="ff-file"
      title={name}
      onClick={() => (entry.folder ? onGo(entry.path) : onChoose(entry.path))}
    >
      <span aria-hidden="true">{entry.folder ? "▸" : " "}</span>
      <bdi class="ff-clip ff-grow">{entry.folder ? `${name}/` : name}</bdi>
      <span class="ff-muted ff-small">{entry.size === null ? "" : bytesText(entry.size)}</span>
    </button>
  );
}
