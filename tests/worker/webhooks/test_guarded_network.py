"""No webhook reaches a network of the operator: not by any spelling, name, rebinding, redirect or proxy."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service.webhooks.target_policy import TargetPolicy, TargetRejected
from store.webhooks.attempts import AttemptResult
from tests.support.webhook_receiver import WebhookReceiver, receive
from worker.webhooks.sender import Sender

PUBLIC = "93.184.216.34"
FOLDER = Path(__file__).parent
FORBIDDEN_ADDRESSES = (FOLDER / "forbidden_addresses.txt").read_text().split()
FORBIDDEN_URLS = (FOLDER / "forbidden_urls.txt").read_text().split()
WITH_SPACE = [
    "https://a.example.com/ b",
    "https://a.example.com/\r\nHost: b",
    " https://a.example.com/",
    "https://a\t.b/",
]
TLS = ssl.create_default_context()  # takes a tenth of a second


class CountingNetwork(httpcore.AsyncNetworkBackend):
    """Notes every attempt to connect, and refuses it."""

    def __init__(self) -> None:
        self.attempts: list[str] = []

    async def connect_tcp(self, host: str, port: int, *_: Any) -> httpcore.AsyncNetworkStream:
        self.attempts.append(f"{host}:{port}")
        raise httpcore.ConnectError


def send(url: str, addresses: Iterable[str], network: CountingNetwork | None, **more: Any) -> AttemptResult:
    """Send a request to a URL whose host resolves to these addresses."""

    async def resolve(_host: str, _port: int) -> list[str]:
        return list(addresses)

    policy, tls = more.pop("policy", TargetPolicy()), more.pop("tls", TLS)
    return asyncio.run(Sender(policy, 5, resolve=resolve, network=network, tls=tls).send(url, {}, b"{}"))


@pytest.mark.proof(21, "webhook targets inside the network, by address, spelling or name", "no connection")
def test_no_target_inside_the_network_is_connected_to(record_property: Any) -> None:
    network = CountingNetwork()
    for address in FORBIDDEN_ADDRESSES:
        for addresses in ([address], [PUBLIC, address]):
            result = send("https://hooks.example.com/", addresses, network)
            assert result.error == "The host of the URL does not resolve to public addresses only.", address
    for url in [*FORBIDDEN_URLS, *WITH_SPACE]:
        with pytest.raises(TargetRejected):
            TargetPolicy().target(url.replace("PUBLIC", PUBLIC))
        assert send(url, ["127.0.0.1"], network).error, url
    assert network.attempts == []
    targets = 2 * len(FORBIDDEN_ADDRESSES) + len(FORBIDDEN_URLS) + len(WITH_SPACE)
    assert targets > 120
    record_property("figure", f"{targets} targets, 0 connections")


def test_a_name_is_resolved_one_time_and_its_address_is_connected_to() -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])  # a rebinding name server
    network = CountingNetwork()

    async def resolve(_host: str, _port: int) -> list[str]:
        return next(answers)

    result = asyncio.run(
        Sender(TargetPolicy(), 5, resolve=resolve, network=network, tls=TLS).send("https://a.b/", {}, b"{}")
    )
    assert network.attempts == [f"{PUBLIC}:443"]
    assert next(answers) == ["127.0.0.1"]
    assert result.error == "The host cannot be reached: its name does not resolve, or it refuses the connection."


@pytest.mark.parametrize(
    "url", ["https://[2606:2800:220:1::1]/", "https://[64:ff9b::5db8:d822]/", "https://Bücher.Example:8443/a?b=c"]
)
def test_public_targets_are_connected_to(url: str) -> None:
    network = CountingNetwork()
    target = TargetPolicy().target(url)
    send(url, [PUBLIC if target.host == "xn--bcher-kva.example" else target.host], network)
    assert len(network.attempts) == 1


def test_proxies_of_the_environment_and_redirects_lead_nowhere(
    webhook_receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, webhook_receiver.url)
    network = CountingNetwork()
    send("https://hooks.example.com/", [PUBLIC], network)
    assert (network.attempts, webhook_receiver.received) == ([f"{PUBLIC}:443"], [])
    policy = TargetPolicy(networks=(ipaddress.ip_network("127.0.0.0/8"),), allows_http=True)
    for status in (301, 302, 303, 307, 308):
        webhook_receiver.answer_next(status, {"Location": webhook_receiver.url.replace("/hook", "/other")})
        result = send(webhook_receiver.url, ["127.0.0.1"], None, policy=policy)
        assert result.status == status
        assert "Redirects are not followed" in str(result.error)
    assert {request.path for request in webhook_receiver.received} == {"/hook"}


def test_http_is_for_allowed_networks_only() -> None:
    policy = TargetPolicy(networks=(ipaddress.ip_network("127.0.0.0/8"),), allows_http=True)
    network = CountingNetwork()
    assert "public addresses only" in str(send("http://a.example.com/", [PUBLIC], network, policy=policy).error)
    assert network.attempts == []


def test_the_certificate_must_be_of_the_name_in_the_url(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example.com")])
    day = dt.timedelta(days=1)
    today = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, today - day, today + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.com")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = tmp_path / "server.pem"
    file.write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, *private))
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.load_cert_chain(file)
    with receive(server_tls) as receiver:
        port = receiver.url.split(":")[2].partition("/")[0]
        policy = TargetPolicy(networks=(ipaddress.ip_network("127.0.0.0/8"),))
        tls = ssl.create_default_context(cadata=pem.decode())
        good = send(f"https://hooks.example.com:{port}/", ["127.0.0.1"], None, policy=policy, tls=tls)
        assert (good.is_success, good.error) == (True, None)
        other = send(f"https://other.example.com:{port}/", ["127.0.0.1"], None, policy=policy, tls=tls)
        assert str(other.error).startswith("The certificate of the host is not valid: Hostname mismatch")
        unknown = send(f"https://hooks.example.com:{port}/", ["127.0.0.1"], None, policy=policy)
        assert str(unknown.error).startswith("The certificate of the host is not valid: self-signed certificate")
