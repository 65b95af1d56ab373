"""`python -m api`: where the service may listen."""

from api.__main__ import is_loopback


def test_only_loopback_addresses_are_local() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1")] == [True] * 3
    assert [is_loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "example.org")] == [False] * 4
