// SQL in `%%fusionflow` cells in the colours of SQL, whatever the language of the notebook.

import { StandardSQL } from "@codemirror/lang-sql";
import { Prec, RangeSetBuilder } from "@codemirror/state";
import { Decoration, type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import { jupyterHighlightStyle } from "@jupyterlab/codemirror";
import { highlightTree } from "@lezer/highlight";

import { sqlStart } from "./magic";

function marks(view: EditorView): DecorationSet {
  const text = view.state.doc.toString();
  const start = sqlStart(text);
  const builder = new RangeSetBuilder<Decoration>();
  if (start !== null) {
    const tree = StandardSQL.language.parser.parse(text.slice(start));
    highlightTree(tree, jupyterHighlightStyle, (from, to, classes) => {
      builder.add(start + from, start + to, Decoration.mark({ class: classes }));
    });
  }
  return builder.finish();
}

/** Marks the SQL of a cell: inside of Python's own marks, so that these are painted over. */
export const sqlColours = Prec.highest(ViewPlugin.fromClass(
  class {
    marks: DecorationSet;

    constructor(view: EditorView) {
      this.marks = marks(view);
    }

    update(update: ViewUpdate): void {
      if (update.docChanged) this.marks = marks(update.view);
    }
  },
  { decorations: (plugin) => plugin.marks },
));
