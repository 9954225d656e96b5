"""Who asks, and the session that answers him: identity is Jupyter's."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from jupyter_server.auth.identity import (
    IdentityProvider,
    LegacyIdentityProvider,
    PasswordIdentityProvider,
    User,
)

from fusionflow_lab.api import Session
from fusionflow_lab.config import Config, Value

# They let in whoever has the token or the password, under a name that is made up for each browser.
_NAMELESS = (IdentityProvider, PasswordIdentityProvider, LegacyIdentityProvider)


def owner_of(provider: IdentityProvider, user: User, config: Config) -> str:
    """Return whose jobs a user of the server sees.

    That is the name that the provider knows him by. A provider that knows no names lets in the one who runs
    the server: he sees the jobs that he submits from kernels, too.

    Examples
    --------
    >>> config = Config(home=Path("home"), workers=1, user="ann")
    >>> owner_of(IdentityProvider(), User(username="anonymous-owl"), config)
    'ann'
    """
    return config.user if type(provider) in _NAMELESS else user.username


def server_config(traits: Mapping[str, Value], root_dir: str) -> Config:
    """Return the settings of a server: its users read and write below its root folder and their home.

    Raises
    ------
    ConfigError
        A setting is unknown or out of range.

    Examples
    --------
    >>> server_config({"workers": 1}, "/work").root_folders[0]
    '/work'
    """
    config = Config.load(traits=traits)
    if config.origins["roots"] != "default":
        return config
    roots = os.pathsep.join(dict.fromkeys([root_dir, str(Path.home())]))
    return Config.load(traits={**traits, "roots": roots})


class UserSessions:
    """One session for each user who asked, made when he first does.

    Parameters
    ----------
    config
        The settings; jobs of a user are owned by him.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self._open: dict[str, Session] = {}
        self._lock = threading.Lock()

    def get(self, user: str) -> Session:
        """Return a user's session. It may block: it opens the job database."""
        with self._lock:
            if user not in self._open:
                self._open[user] = Session(replace(self.config, user=user), "local")
            return self._open[user]

    def opened(self, user: str) -> Session | None:
        """Return a user's session where it is open."""
        return self._open.get(user)

    def close(self) -> None:
        """Close all sessions; the jobs of runners go on."""
        with self._lock:
            sessions, self._open = list(self._open.values()), {}
        for session in sessions:
            session.close()
