"""The container files match the code: settings and modules exist, and images contain no secret."""

import json
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from api.settings import ApiSettings
from launcher.command_line.parser import parse
from service.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SECRETS = ("POSTGRES_PASSWORD", "BACKPROP_API_KEY", "BACKPROP_SECRET_KEY")
ONLY_FOR_COMPOSE = {"PORT", "WORKERS"}  # substituted in docker-compose.yml, not read by the service


def test_every_setting_in_the_container_files_exists() -> None:
    named = set(re.findall(r"BACKPROP_(\w+)", COMPOSE + DOCKERFILE)) - ONLY_FOR_COMPOSE
    assert {"DATABASE_URL", "REDIS_URL", "API_KEY", "DATA"} <= named
    assert named <= {name.upper() for name in (*Settings.model_fields, *ApiSettings.model_fields)}


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_required_from_the_environment(secret: str) -> None:
    assert f"${{{secret}:?" in COMPOSE
    assert f"\n{secret}=" in (ROOT / ".env.example").read_text()
    assert secret not in DOCKERFILE


def test_the_image_contains_exactly_the_product_packages() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    roots = {pattern.removesuffix("*") for pattern in packages["include"]}
    copied = set(re.findall(r"^COPY (\w+) \w+$", DOCKERFILE, re.MULTILINE))
    admitted = set(re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert copied == roots
    assert admitted == roots


def test_every_command_is_one_of_the_server() -> None:
    commands = re.findall(r'\["backprop-server", ("[^\]]+)\]', COMPOSE + DOCKERFILE)
    assert len(commands) == 6
    for command in commands:
        arguments = [re.sub(r"\$\{\w+:-(\w+)\}", r"\1", part) for part in json.loads(f"[{command}]")]
        assert parse(arguments).command in arguments


def test_the_image_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE) == ["backprop"]


def test_packages_are_installed_by_hash() -> None:
    assert "--require-hashes -r requirements.lock" in DOCKERFILE


def test_services_that_use_the_database_stop_before_it() -> None:
    """Compose stops a service before the services it depends on, so workers can checkpoint."""
    common = COMPOSE.split("\nx-service:")[1].split("\nservices:")[0]
    dependencies = common.split("\n  depends_on:")[1]
    assert re.findall(r"^    (\w+):$", dependencies, re.MULTILINE) == ["postgres", "redis", "migrate"]
    services = dict(re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", COMPOSE.split("\nservices:")[1], re.MULTILINE))
    users = {name: body for name, body in services.items() if "<<: *service" in body}
    assert set(users) == {"migrate", "api", "worker", "scheduler"}
    overriding = {name: body for name, body in users.items() if "depends_on:" in body}
    assert set(overriding) == {"migrate"}, "an own depends_on replaces the common one"
    assert "postgres:" in overriding["migrate"].split("depends_on:")[1]


def test_variables_have_a_default_or_are_in_the_example_of_the_environment() -> None:
    example = (ROOT / ".env.example").read_text()
    for name, operator in re.findall(r"\$\{(\w+)(:[?-])?", COMPOSE):
        assert operator == ":-" or f"\n{name}=" in example, name


def test_ports_volumes_users_and_health_checks_fit_together() -> None:
    compose = yaml.safe_load(COMPOSE)
    services = compose["services"]
    api = parse(services["api"]["command"][1:-2])
    (published,) = services["api"]["ports"]
    assert published.rpartition(":")[2] == str(api.port)
    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE) == [str(api.port)]
    mounted = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert mounted == set(compose["volumes"])
    url = urlsplit(re.sub(r"\$\{[^}]+\}", "secret", compose["x-service"]["environment"]["BACKPROP_DATABASE_URL"]))
    postgres = services[url.hostname]["environment"]
    assert (url.username, url.path) == (postgres["POSTGRES_USER"], f"/{postgres['POSTGRES_DB']}")
    assert urlsplit(compose["x-service"]["environment"]["BACKPROP_REDIS_URL"]).hostname in services
    for name, service in services.items():
        for needed, wanted in service.get("depends_on", {}).items():
            checked = services[needed].get("healthcheck", {}).get("test")
            assert checked or wanted["condition"] != "service_healthy", f"{name} waits for the health of {needed}"
    disabled = {name for name, service in services.items() if service.get("healthcheck", {}).get("disable")}
    assert disabled == {"migrate", "worker", "scheduler"}, "the health check of the image asks an API"
    (health,) = re.findall(r"HEALTHCHECK [^\n]*\n +CMD (\[.*\])", DOCKERFILE)
    assert parse(json.loads(health)[1:]).path == "/healthz"
    assert re.findall(r"^VOLUME (.+)$", DOCKERFILE, re.MULTILINE) == re.findall(r"BACKPROP_DATA=(\S+)", DOCKERFILE)


def test_the_compose_file_has_no_name_field() -> None:
    """Compose 1.29, the version in Debian 12, rejects it."""
    assert not re.search(r"^name:", COMPOSE, re.MULTILINE)
