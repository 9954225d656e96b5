"""The values that a cell's ``--params`` gives to the parameters of its SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fusionflow_lab.errors import QueryError

_EXAMPLE = """--params '{"city": "Oslo"}' or --params $values"""


def given_params(text: str, variables: Mapping[str, object]) -> dict[str, object]:
    """Read ``--params``: JSON, or ``$name`` for a variable that holds a dictionary.

    Raises
    ------
    QueryError
        It is neither.

    Examples
    --------
    >>> given_params('{"city": "Oslo"}', {})
    {'city': 'Oslo'}
    >>> given_params("$values", {"values": {"n": 5}})
    {'n': 5}
    """
    if not text:
        return {}
    if text.startswith("$"):
        values = variables.get(text[1:])
        what = f"the variable {text[1:]} of --params is no dictionary"
    else:
        try:
            values = json.loads(text)
        except ValueError as error:
            raise QueryError(
                f"--params is no JSON: {error}", where="first line of the cell", hint=_EXAMPLE
            ) from None
        what = "--params is no JSON object"
    if not isinstance(values, Mapping):
        raise QueryError(what, where="first line of the cell", hint=_EXAMPLE)
    return {str(name): value for name, value in values.items()}
