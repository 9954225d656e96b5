"""What every place that keeps bytes by name can do: a folder, or a prefix of an object store.

Names are relative, with ``/``. A put is atomic and idempotent: two workers may put the same name at the same
time, and a reader never sees half of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias

Parts: TypeAlias = Sequence[bytes | memoryview]
"""Content, written one part after the other."""


class Store(Protocol):
    """Bytes by name.

    A content that must not be seen before a commit is staged: ``stage`` writes it and returns a token, a
    short text that says where it waits and holds no secret; ``promote`` makes it the content of its name, at
    once and as often as one likes, by whoever knows the token; ``drop`` forgets it.
    """

    @property
    def root(self) -> str:
        """Path or URL that opens the same place elsewhere."""

    def get(self, name: str, *, start: int = 0, limit: int = -1) -> bytes:
        """Return the ``limit`` bytes of ``name`` (all by default) from ``start`` on; fewer where it ends.

        Raises
        ------
        FileNotFoundError
            It is not there.
        """

    def has(self, name: str) -> bool:
        """Tell whether ``name`` is there."""

    def put(self, name: str, parts: Parts) -> None:
        """Write ``parts`` one after the other as ``name``; what was there is replaced at once.

        Raises
        ------
        StateError
            There is no room left.
        """

    def put_if_absent(self, name: str, parts: Parts) -> bool:
        """Write ``parts`` as ``name`` where there is none; False where there is one, which stays as it is.

        Of several that do so at the same time, one is told True.
        """

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names right below the folder ``prefix``, sorted."""

    def touch(self, name: str) -> None:
        """Note that ``name`` was used now; nothing happens where it is not there."""

    def delete(self, name: str) -> None:
        """Forget ``name``; nothing happens where it is not there."""

    def stage(self, name: str, parts: Parts, *, area: str) -> str:
        """Write what ``promote`` will make the content of ``name``; return its token.

        Parameters
        ----------
        name
            What it will be called.
        parts
            Its content.
        area
            The folder where it waits, in a store that knows no better: ``_fusionflow/staging/JOB``.
        """

    def waits(self, name: str, token: str) -> bool:
        """Tell whether what was staged under the token is still to be promoted."""

    def promote(self, name: str, token: str) -> None:
        """Make what was staged under the token the content of ``name``; twice does no harm.

        Raises
        ------
        FileNotFoundError
            It was dropped, and ``name`` is not there either.
        """

    def drop(self, name: str, token: str) -> None:
        """Forget what was staged under the token; nothing happens where it is promoted or gone."""
