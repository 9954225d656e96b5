"""Files over http: from servers of every kind, and never from where a query must not reach."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from hashlib import sha256

import pytest

from fusionflow_lab.errors import QueryError, SourceChangedError, SourceError
from fusionflow_lab.storage.hosts import check_address, check_host
from fusionflow_lab.storage.http import HttpObjects
from fusionflow_lab.storage.objects import ObjectInfo, Range, done
from fusionflow_lab.storage.retry import Patience
from tests.storage.fault_proxy import Fault, FaultProxy
from tests.storage.http_server import Site, http_server

HERE = ("127.0.0.1",)
TEXT = b"city,n\n" + b"Oslo,1\n" * 1000
MODIFIED = f"Sun, 02 Nov 2025 10:00:{len(TEXT) % 60:02} GMT"
QUICK = Patience(attempts=5, first_pause=0.01, longest_pause=0.02, silence=1.0)


@pytest.fixture
def site() -> Iterator[Site]:
    with http_server() as site:
        site.files["/a.csv"] = TEXT
        yield site


def found(site: Site, path: str = "/a.csv") -> ObjectInfo:
    (info,) = done(HttpObjects(HERE, QUICK).find(site.url + path))
    return info


def read(info: ObjectInfo, start: int, end: int) -> bytes:
    return done(HttpObjects(HERE, QUICK).read(info, Range(start, end)))


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("versions", [("ETag", "Last-Modified"), ("Last-Modified",), ()])
@pytest.mark.parametrize("head", [True, False])
def test_parts_are_read_from_any_server(
    site: Site, *, ranges: bool, versions: tuple[str, ...], head: bool
) -> None:
    site.ranges, site.versions, site.head = ranges, versions, head
    info = found(site)
    assert info.size == len(TEXT)
    assert read(info, 0, 7) == b"city,n\n"
    assert read(info, 7, 21) == b"Oslo,1\n" * 2
    assert read(info, 0, info.size) == TEXT
    if ranges and versions:
        assert info.version == (f'"{sha256(TEXT).hexdigest()[:16]}"' if "ETag" in versions else MODIFIED)
        assert [wanted for method, _, wanted in site.requests if method == "GET"][-3:] == [
            "bytes=0-6",
            "bytes=7-20",
            f"bytes=0-{len(TEXT) - 1}",
        ]


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("versions", [("ETag",), ("Last-Modified",), ()])
def test_a_file_that_changed_is_never_used(site: Site, *, ranges: bool, versions: tuple[str, ...]) -> None:
    site.ranges, site.versions = ranges, versions
    info = found(site)
    site.files["/a.csv"] = TEXT + b"Kyoto,2\n"
    with pytest.raises(SourceChangedError):
        read(info, 0, 7)
    del site.files["/a.csv"]
    with pytest.raises(SourceChangedError):
        read(info, 0, 7)


def test_faults_are_asked_again(site: Site) -> None:
    port = int(site.url.rpartition(":")[2])
    faults: dict[int, Fault] = {0: "503", 1: "drop", 3: "cut", 4: "stall", 6: "429", 7: "slow"}
    with FaultProxy("127.0.0.1", port, fault=lambda request: faults.get(request.number, "")) as proxy:
        objects = HttpObjects(HERE, QUICK)
        (info,) = done(objects.find(f"{proxy.url}/a.csv"))
        assert done(objects.read(info, Range(0, 700))) == TEXT[:700]
        assert done(objects.read(info, Range(700, 1400))) == TEXT[700:1400]
        proxy.fault = lambda _: "503"
        with pytest.raises(SourceError, match=r"could not be reached in 5 attempts: it answered 503"):
            done(objects.read(info, Range(0, 7)))


@pytest.mark.parametrize(
    ("path", "error", "what"),
    [
        ("/b.csv", FileNotFoundError, "there is no file http"),
        ("/*.csv", QueryError, "http has no folders to list"),
        ("/loop", SourceError, "sends us on and on"),
    ],
)
def test_what_cannot_be_read_is_named(site: Site, path: str, error: type[Exception], what: str) -> None:
    site.redirects["/loop"] = "/loop"
    with pytest.raises(error, match=what):
        found(site, path)


def test_what_is_packed_on_the_way_is_refused(site: Site) -> None:
    site.encoding = "gzip"
    with pytest.raises(SourceError, match="comes packed on the way"):
        found(site)


def test_a_large_file_without_parts_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fusionflow_lab.storage.http.WHOLE_BYTES", 1 << 10)
    site.ranges = False
    info = found(site)
    with pytest.raises(SourceError, match="the server sends no parts, and it is larger"):
        read(info, 0, 7)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - nothing is bound
        "224.0.0.1",
        "localhost",
    ],
)
def test_addresses_inside_are_refused(host: str) -> None:
    with pytest.raises((PermissionError, SourceError), match=r"not among the hosts|not public|is no URL"):
        done(HttpObjects(("*",), QUICK).find(f"http://{host}/latest/meta-data"))


def test_no_host_is_read_by_default() -> None:
    with pytest.raises(PermissionError, match=r"example.org is not among the hosts .*: none are set"):
        done(HttpObjects((), QUICK).find("https://example.org/a.csv"))


def test_a_name_cannot_lead_inside(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither at once nor later: the address that is checked is the one that is connected to."""
    port = site.url.rpartition(":")[2]
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(port)))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    with pytest.raises(PermissionError, match=r"data.example.org leads to 127.0.0.1, which is not public"):
        done(HttpObjects(("*.example.org",), QUICK).find(f"http://data.example.org:{port}/a.csv"))
    assert site.requests == []


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest", "http://localhost/a.csv", "file:///etc/passwd", "http://[::1]/"],
)
def test_no_redirect_leads_inside(site: Site, target: str) -> None:
    site.redirects["/on"] = target
    with pytest.raises((PermissionError, SourceError), match=r"not among the hosts|is not read over http"):
        found(site, "/on")


def test_redirects_to_listed_hosts_are_followed(site: Site) -> None:
    site.redirects["/on"] = "/a.csv"
    assert read(found(site, "/on"), 0, 4) == b"city"


def test_a_list_of_the_machine_counts_as_well(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSIONFLOW_HTTP_HOSTS", "data.example.org")
    with pytest.raises(PermissionError, match=r"not among the hosts .*: data.example.org"):
        found(site)


def test_lists_name_hosts_addresses_and_networks() -> None:
    check_host("DATA.example.org.", ["*.example.org"])
    check_host("10.1.2.3", ["10.0.0.0/8"])
    check_host("93.184.216.34", ["*"])
    check_address("intranet", "10.1.2.3", ["intranet", "10.0.0.0/8"])
    for host, hosts in (("example.org", ["*.example.org"]), ("evil-example.org", ["example.org"])):
        with pytest.raises(PermissionError):
            check_host(host, hosts)
