"""Which hosts may be read over http: a query must not reach what only this machine can reach.

None by default. A name on the list lets its public addresses in; an address inside (of this machine, of a
private network, of the cloud's metadata) must be on the list itself, so that no name and no redirect leads
there. The name is looked up once: the address that was checked is the one that is connected to.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

_NAT64: Final = ip_network("64:ff9b::/96")
_LOCAL_LIST: Final = "FUSIONFLOW_HTTP_HOSTS"


def hosts_here(hosts: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the lists that a host must be on: the session's, and this machine's own where it has one."""
    mine = os.environ.get(_LOCAL_LIST, "").strip()
    lists = (tuple(hosts), tuple(part.strip() for part in mine.split(",")) if mine else ())
    return lists if mine else lists[:1]


def check_host(host: str, hosts: Sequence[str]) -> None:
    """Refuse a host that is not on a list.

    Raises
    ------
    PermissionError
        It is not.

    Examples
    --------
    >>> check_host("data.example.org", ["*.example.org"])
    >>> check_host("10.0.0.7", ["*.example.org"])
    Traceback (most recent call last):
    ...
    PermissionError: 10.0.0.7 is not among the hosts that may be read over http: *.example.org
    try: add it: FUSIONFLOW_HTTP_HOSTS='*.example.org,10.0.0.7', where client, runner and workers start
    """
    name = host.lower().rstrip(".")
    address = _address(name)
    listed = address is not None and (_is_listed(address, hosts) or ("*" in hosts and _is_public(address)))
    if listed or (address is None and any(fnmatchcase(name, pattern.lower()) for pattern in hosts)):
        return
    known = ", ".join(hosts) if hosts else "none are set"
    more = ",".join([*hosts, host])
    raise PermissionError(
        f"{host} is not among the hosts that may be read over http: {known}\n"
        f"try: add it: {_LOCAL_LIST}='{more}', where client, runner and workers start"
    )


def check_address(host: str, address: str, hosts: Sequence[str]) -> None:
    """Refuse an address inside that a name leads to.

    Raises
    ------
    PermissionError
        It is not public, and not on the list itself.

    Examples
    --------
    >>> check_address("example.org", "169.254.169.254", ["*"])
    Traceback (most recent call last):
    ...
    PermissionError: example.org leads to 169.254.169.254, which is not public
    try: where that is meant, add the address to FUSIONFLOW_HTTP_HOSTS
    """
    found = _address(address)
    if found is not None and (_is_public(found) or _is_listed(found, hosts)):
        return
    raise PermissionError(
        f"{host} leads to {address}, which is not public\n"
        f"try: where that is meant, add the address to {_LOCAL_LIST}"
    )


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found in _NAT64:
            return IPv4Address(int(found) & 0xFFFF_FFFF)
        return found.ipv4_mapped or found.sixtofour or found
    return found


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast


def _is_listed(address: Address, hosts: Sequence[str]) -> bool:
    for entry in hosts:
        try:
            network = ip_network(entry.strip("[]"), strict=False)
        except ValueError:
            continue
        if address in network:
            return True
    return False
