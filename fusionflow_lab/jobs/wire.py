"""What a runner and those who watch say to each other over a local socket: JSON, with bytes beside it.

A message is ``header length (u32) | data length (u32) | header (JSON) | data``. Requests name an ``op``:
``hello`` (who are you), ``plan`` (a job of this query is about to come), ``nudge`` (look into the database),
``watch`` (tell me of a job), ``end``.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any, Final

from fusionflow_lab.jobs.codec import decode_event, encode_event
from fusionflow_lab.jobs.events import Event

Message = dict[str, Any]

_LENGTHS: Final = struct.Struct("<II")
_MOST_BYTES: Final = 64 << 20


def pack(message: Message, data: bytes = b"") -> bytes:
    """Write a message as it travels.

    Examples
    --------
    >>> pack({"op": "hello"})[8:]
    b'{"op": "hello"}'
    """
    text = json.dumps(message, ensure_ascii=False).encode()
    return _LENGTHS.pack(len(text), len(data)) + text + data


async def receive(reader: asyncio.StreamReader) -> tuple[Message, bytes] | None:
    """Read a message; None where the other side has ended.

    Raises
    ------
    ConnectionError
        The other side speaks something else.
    """
    try:
        sizes = _sizes(await reader.readexactly(_LENGTHS.size))
        message = json.loads(await reader.readexactly(sizes[0]))
        return message, await reader.readexactly(sizes[1])
    except asyncio.IncompleteReadError:
        return None


def ask(connection: socket.socket, message: Message) -> Message:
    """Send a request and wait for its answer.

    Raises
    ------
    OSError
        The other side has ended, or did not answer within the socket's time.
    """
    connection.sendall(pack(message))
    sizes = _sizes(_exactly(connection, _LENGTHS.size))
    answer: Message = json.loads(_exactly(connection, sizes[0]))
    _exactly(connection, sizes[1])
    return answer


def event_message(event: Event) -> bytes:
    """Write an event as a message."""
    body, data = encode_event(event)
    return pack(
        {"type": event.type, "job": event.job, "seq": event.seq, "time": event.time, "body": body}, data
    )


def message_event(message: Message, data: bytes) -> Event:
    """Read the event that a message holds."""
    return decode_event(
        message["type"],
        job=message["job"],
        seq=message["seq"],
        time=message["time"],
        body=message["body"],
        data=data,
    )


def _sizes(head: bytes) -> tuple[int, int]:
    header, data = _LENGTHS.unpack(head)
    if header + data > _MOST_BYTES:
        raise ConnectionError("not a runner's message")
    return header, data


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = []
    while size:
        part = connection.recv(size)
        if not part:
            raise ConnectionResetError("the runner has ended")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
