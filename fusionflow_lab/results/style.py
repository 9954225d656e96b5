"""How our HTML looks: one sheet for tables and job cards, in the colours of the front end.

Only ``--jp-*`` (JupyterLab, Notebook) and ``--vscode-*`` variables with a fallback, so that it reads in
light and in dark; no scripts, no fonts, nothing fetched. It travels with every output, because a saved one
stands alone.
"""

from __future__ import annotations

_TEXT = "var(--jp-ui-font-color1, var(--vscode-foreground, currentColor))"
_LINE = "var(--jp-border-color2, var(--vscode-panel-border, rgba(128, 128, 128, 0.35)))"
_STRONG_LINE = "var(--jp-border-color1, var(--vscode-panel-border, rgba(128, 128, 128, 0.6)))"
_HOVER = "var(--jp-layout-color2, var(--vscode-list-hoverBackground, rgba(128, 128, 128, 0.12)))"
_BUSY = "var(--jp-brand-color1, var(--vscode-progressBar-background, #1976d2))"
_GOOD = "var(--jp-success-color1, var(--vscode-testing-iconPassed, #2e7d32))"
_BAD = "var(--jp-error-color1, var(--vscode-testing-iconFailed, #c62828))"
_ORANGE = "var(--jp-warn-color1, var(--vscode-editorWarning-foreground, #b26a00))"
# The orange of JupyterLab's light theme has less than 3:1 on its ground.
_WARN = f"color-mix(in srgb, {_ORANGE} 80%, {_TEXT})"
_FONT = "var(--jp-ui-font-family, var(--vscode-font-family, system-ui, sans-serif))"

STYLE = f"""<style>
.fusionflow {{ font-family: {_FONT}; font-size: var(--jp-ui-font-size1, 13px); line-height: 1.5;
  padding: 2px 0 6px; color: {_TEXT}; }}
.fusionflow .ff-scroll {{ overflow-x: auto; max-width: 100%; }}
.fusionflow table.ff-rows {{ border-collapse: collapse; margin: 6px 0 4px; border: 0; color: inherit;
  font-size: var(--jp-code-font-size, 13px); font-variant-numeric: tabular-nums; }}
.fusionflow table.ff-rows th, .fusionflow table.ff-rows td {{ padding: 3px 12px; border: 0; text-align: left;
  vertical-align: top; white-space: pre; background: none; color: inherit;
  border-bottom: 1px solid {_LINE}; }}
.fusionflow table.ff-rows th:first-child, .fusionflow table.ff-rows td:first-child {{ padding-left: 2px; }}
.fusionflow table.ff-rows thead tr, .fusionflow table.ff-rows tbody tr {{ background: none; }}
.fusionflow table.ff-rows tbody tr:hover {{ background: {_HOVER}; }}
.fusionflow table.ff-rows th {{ font-weight: 600; vertical-align: bottom;
  border-bottom: 1px solid {_STRONG_LINE}; }}
.fusionflow table.ff-rows .ff-num {{ text-align: right; }}
.fusionflow table.ff-rows th .ff-type {{ font-weight: 400; font-size: 0.8em; }}
.fusionflow .ff-type, .fusionflow .ff-muted {{ opacity: 0.75; }}
.fusionflow .ff-null {{ font-style: italic; opacity: 0.7; }}
.fusionflow .ff-head {{ display: flex; align-items: center; gap: 10px; flex-wrap: wrap; }}
.fusionflow .ff-badge {{ font-weight: 600; white-space: nowrap; }}
.fusionflow .ff-busy {{ color: {_BUSY}; }}
.fusionflow .ff-good {{ color: {_GOOD}; }}
.fusionflow .ff-bad {{ color: {_BAD}; }}
.fusionflow .ff-warn {{ color: {_WARN}; }}
.fusionflow .ff-bar {{ flex: 1 1 160px; max-width: 420px; height: 8px; border-radius: 4px; overflow: hidden;
  background: rgba(128, 128, 128, 0.28); }}
.fusionflow .ff-fill {{ height: 100%; background: {_BUSY}; }}
.fusionflow .ff-percent {{ font-variant-numeric: tabular-nums; min-width: 3.2em; text-align: right; }}
.fusionflow .ff-line {{ font-variant-numeric: tabular-nums; }}
.fusionflow .ff-preview {{ margin-top: 4px; font-style: italic; }}
@media (forced-colors: active) {{ .fusionflow .ff-bar {{ border: 1px solid CanvasText; }}
  .fusionflow .ff-fill {{ forced-color-adjust: none; background: Highlight; }} }}
</style>"""
