"""The settings as text: those in force, and an example of all."""

from __future__ import annotations

import re
from typing import Final

from fusionflow_lab.config import CONFIG_FILE, Config, settings

_BEFORE_HOST: Final = re.compile(r"(://[^:/@]*:)[^@]*@")
_OPTION: Final = re.compile(r"([?&][^=&]*(?:password|passwd|pwd|secret|token)[^=&]*=)[^&]*", re.IGNORECASE)


def shown_value(config: Config, name: str) -> str:
    """Return a setting as text, without a password that may be in it.

    Examples
    --------
    >>> config = Config.load(database="postgresql://me:secret@host/jobs")
    >>> shown_value(config, "database")
    'postgresql://me:***@host/jobs'
    """
    return without_password(str(getattr(config, name)))


def without_password(url: str) -> str:
    """Return the URL of a database as it may be shown: no password before its host or among its options.

    Examples
    --------
    >>> without_password("postgresql://me:secret@host/jobs?sslpassword=hidden&port=5433")
    'postgresql://me:***@host/jobs?sslpassword=***&port=5433'
    """
    return _OPTION.sub(r"\1***", _BEFORE_HOST.sub(r"\1***@", url))


def config_text(config: Config, *, origin: bool) -> str:
    """Return the settings in force, a line each, and where they come from.

    Examples
    --------
    >>> text = config_text(Config.load(home="/data", workers=2, environ={}), origin=True)
    >>> text.splitlines()[1]
    'workers         2         option'
    """
    rows = [
        (setting.name, shown_value(config, setting.name), config.origins.get(setting.name, "option"))
        for setting in settings()
    ]
    widths = [max(len(row[place]) for row in rows) for place in (0, 1)]
    return "\n".join(
        f"{name:{widths[0]}}  {value:{widths[1]}}  {where if origin else ''}".rstrip()
        for name, value, where in rows
    )


def example_environment() -> str:
    """Return ``.env.example``: every setting with its meaning and default, as a comment.

    Examples
    --------
    >>> example_environment().splitlines()[7:10]
    ['# Worker processes of a local cluster, one thread each.', '# Default: one for each processor',
     '# FUSIONFLOW_WORKERS=']
    """
    head = (
        f"# Settings of FusionFlow Lab. {CONFIG_FILE} names a file with the same, in small letters (TOML).\n"
    )
    head += "# An option wins over traitlets, these over the environment, that over the file.\n"
    entries = (
        f"\n# {setting.help}\n# Default: {setting.default}\n# {setting.variable}=\n" for setting in settings()
    )
    return head + "".join(entries)
