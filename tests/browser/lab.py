"""A real JupyterLab of its own and pages of a real browser on it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from playwright.sync_api import Browser, Dialog, Error, Locator, Page, Playwright, Request

from tests.browser.contrast import faint
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
BASE_URL = "/user/x/"
SHARE = ROOT / "js" / "wheel" / "data" / "share" / "jupyter"
# Without them a new Chromium looks for updates, which nobody here allows.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
# Notebook 7.6 itself: it uses a setting and a command before they are there.
NOT_OURS = (
    "Cannot read properties of undefined (reading 'schema')",
    "'filebrowser:open-path' not registered",
)
THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")
READY = """async (kernel) => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = app.shell.currentWidget;
  await panel.context.ready;
  if (kernel) {
    await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
  }
  return 1;
}"""


def chromium() -> str | None:
    """Return the Chromium of this machine; None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@dataclass(frozen=True)
class Lab:
    """A Jupyter server at work: where it is reached, and the folder that it shows."""

    url: str
    token: str
    folder: Path
    home: Path
    pid: int

    def kill_kernels(self) -> None:
        """Kill every kernel of the server, as the system does when memory is short."""
        for process in psutil.Process(self.pid).children():
            with suppress(psutil.NoSuchProcess):  # one that has just ended
                if "ipykernel_launcher" in " ".join(process.cmdline()):
                    process.kill()

    def write(self, name: str, cells: Sequence[str]) -> str:
        """Write a notebook into the folder and return its name."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(notebook, self.folder / name)
        return name

    def fetch(self, path: str) -> bytes:
        """Return what the server says at a path below its base."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}{path}", headers=headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
            body: bytes = reply.read()
            return body


@contextmanager
def jupyter_lab(folder: Path) -> Iterator[Lab]:
    """Start JupyterLab with settings, jobs and notebooks of its own in ``folder``; end it afterwards."""
    files, home, settings = folder / "files", folder / "home", folder / "settings"
    apputils = settings / "@jupyterlab" / "apputils-extension"
    for path in (files, home, apputils):
        path.mkdir(parents=True)
    (apputils / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True})
    )
    port = free_port()
    token = secrets.token_hex(16)
    environment = {
        **os.environ,
        "FUSIONFLOW_HOME": str(home),
        "FUSIONFLOW_RUNNER": "detached",
        "FUSIONFLOW_WORKERS": "1",
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_PATH": str(SHARE),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"),
        *("--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        *(f"--ServerApp.root_dir={files}", f"--ServerApp.base_url={BASE_URL}"),
        "--LabApp.expose_app_in_browser=True",
        # What a kernel says while it ends must come through, however busy the machine is.
        "--KernelManager.shutdown_wait_time=20",
        "--ServerApp.jpserver_extensions=fusionflow_lab=True",
    ]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=files, env=environment, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}{BASE_URL}"
        lab = Lab(url=url, token=token, folder=files, home=home, pid=server.pid)
        try:
            _await(lab, server, folder / "server.log")
            yield lab
        finally:
            server.terminate()
            server.wait(30)
            end = [sys.executable, "-m", "fusionflow_lab", "runner", "stop"]
            subprocess.run(end, env=environment, check=False, capture_output=True, timeout=60)


def _await(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + 90
    while True:
        try:
            lab.fetch("api/status")
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < give_up, log.read_text()
            time.sleep(0.1)
        else:
            return


def browser_of(playwright: Playwright) -> Browser:
    """Start the machine's Chromium."""
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", *QUIET]
    return playwright.chromium.launch(executable_path=chromium(), args=arguments)


class LabPage:
    """A page on a JupyterLab: opens notebooks, runs cells, and keeps what went wrong.

    Parameters
    ----------
    page
        A new page of the browser.
    lab
        The server.
    """

    def __init__(self, page: Page, lab: Lab) -> None:
        self.page = page
        self.lab = lab
        self.errors: list[str] = []
        self.foreign: list[str] = []
        page.set_default_timeout(60_000)
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", self._fail)
        page.on("dialog", self._shown)
        page.on("request", self._note)

    def _fail(self, error: Error) -> None:
        if not any(known in str(error) for known in NOT_OURS):
            self.errors.append(f"{error}\n{error.stack}")

    def _shown(self, dialog: Dialog) -> None:
        """Note what opened a dialog of the browser: text that ran, for we open none."""
        self.errors.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _note(self, request: Request) -> None:
        ours = self.lab.url.removesuffix(BASE_URL)
        if not request.url.startswith((ours, ours.replace("http", "ws", 1), "data:", "blob:")):
            self.foreign.append(request.url)

    def open(self, cells: Sequence[str], name: str = "test.ipynb") -> None:
        """Write a notebook of these cells, open it and wait for its kernel."""
        self.lab.write(name, cells)
        self.page.goto(f"{self.lab.url}lab/tree/{name}?reset&token={self.lab.token}")
        self.ready()

    def ready(self, *, kernel: bool = True) -> None:
        """Wait until the notebook in front is there, and its kernel answers if ``kernel``."""
        self.page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext")
        self.page.evaluate(READY, kernel)

    def reload(self) -> None:
        """Load the page again, as a user would; a kernel that is at work answers later."""
        self.page.goto(self.page.url.split("?")[0])
        self.ready(kernel=False)

    def command(self, name: str, **arguments: object) -> None:
        """Start a command of JupyterLab; its end is not waited for."""
        self.page.evaluate(
            "([name, rest]) => { window.jupyterapp.commands.execute(name, rest); return 1; }",
            [name, arguments],
        )

    def run(self, cell: int) -> Locator:
        """Run a cell, counted from 0; return its output, which may still be empty."""
        self.page.evaluate(
            "(at) => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = at; }", cell
        )
        self.command("notebook:run-cell")
        return self.output(cell)

    def output(self, cell: int) -> Locator:
        """Return the output area of a cell, counted from 0."""
        return self.page.locator(f'.jp-Cell[data-windowed-list-index="{cell}"] .jp-OutputArea-output')

    def idle(self) -> None:
        """Wait until the kernel has nothing more to do."""
        self.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
        )

    def theme(self, name: str) -> None:
        """Change the theme, for example to ``JupyterLab Dark``, and wait until it is there."""
        self.command("apputils:change-theme", theme=name)
        self.page.wait_for_selector(f'body[data-jp-theme-name="{name}"]', state="attached")
        # JupyterLab takes its cover away twice where the next change comes before that.
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def faint(self) -> list[str]:
        """Return what of our views cannot be read in the themes; see ``contrast.faint``."""
        found = []
        for name in THEMES:
            self.theme(name)
            found += [f"{name}: {one}" for one in faint(self.page)]
        return found
