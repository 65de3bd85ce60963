"""What operators read agrees with what the code does."""

import ast
import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.urls import reverse
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nps_app import env
from nps_app.local import servers
from nps_app.local.process import Child
from nps_app.local.stack import QUEUES, Stack

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ("requirements.txt", "requirements-local.txt", "requirements-dev.txt")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
# Of the images and of the shell, not ours.
FOREIGN = {"POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS"}


def test_every_setting_is_documented():
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "docs/settings.md").read_text()))

    assert set(env.SEEN) - documented == set()


def test_every_documented_setting_is_read():
    rows = [line for line in (ROOT / "docs/settings.md").read_text().splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`([A-Z][A-Z_]+)`", row.split("|")[1])}

    assert documented - set(env.SEEN) == set()


def names_of(mapping):
    return {name.removesuffix("_FILE") for name in mapping}


@pytest.mark.parametrize("service", sorted(COMPOSE["services"]))
def test_the_composed_services_set_only_what_is_read(service):
    assert names_of(COMPOSE["services"][service].get("environment", {})) <= set(env.SEEN) | FOREIGN


def test_the_example_environment_sets_only_what_is_read():
    lines = (ROOT / ".env.example").read_text().splitlines()

    assert {line.partition("=")[0] for line in lines if line and not line.startswith("#")} <= set(env.SEEN)


def test_the_composed_postgresql_has_the_embedded_major(session_servers):
    image = COMPOSE["services"]["postgres"]["image"]
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert image == f"postgres:{servers.bundled_major(session_servers.places)}"
    assert f"postgresql-client-{image.partition(':')[2]}" in dockerfile


def test_the_web_server_is_reached_through_a_proxy_that_waits_for_slow_clients():
    """Without one, as many requests as there are threads, sent slowly, stop the site."""
    services = COMPOSE["services"]
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    config = (ROOT / "docker/proxy.conf").read_text()

    assert published.keys() == {"proxy", "mail"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert services["proxy"]["volumes"] == ["./docker/proxy.conf:/etc/nginx/conf.d/default.conf:ro"]
    assert "proxy_request_buffering on;" in config
    assert f"client_max_body_size {settings.UPLOAD_LIMIT // 1024**2 + 1}m;" in config
    larger = re.findall(r"location ~ (\S+) ", config)
    assert len(larger) == 1
    assert re.match(larger[0], reverse("customers:imports", args=["acme"]))


def test_every_composed_image_has_a_version():
    images = {service["image"] for service in COMPOSE["services"].values()} - {"nps:latest"}

    assert [image for image in images if not re.search(r":v?\d", image)] == []


def test_every_secret_that_is_mounted_is_made_once(tmp_path):
    (tmp_path / "docker").mkdir()
    script = tmp_path / "docker" / "make-secrets.sh"
    script.write_text((ROOT / "docker/make-secrets.sh").read_text())

    subprocess.run(["sh", str(script)], check=True)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    assert made.keys() == COMPOSE["secrets"].keys()
    assert len(made["link_keys"].strip()) == 64
    subprocess.run(["sh", str(script)], check=True)
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == made


def test_beat_and_workers_are_composed_as_the_supervisor_runs_them(session_servers):
    stack = Stack(session_servers.root, session_servers.places, session_servers.keys)
    ours: dict[str, Child] = {child.name: child for child in stack.application()}

    assert QUEUES in COMPOSE["services"]["worker"]["command"]
    assert QUEUES in ours["worker"].command


def pins():
    found = {}
    for name in REQUIREMENTS:
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith("#"):
                requirement = Requirement(line)
                found[canonicalize_name(requirement.name)] = requirement
    return found


def test_every_package_is_pinned_with_all_that_it_needs():
    pinned = pins()
    inexact = [str(each) for each in pinned.values() if not str(each.specifier).startswith("==")]
    missing = {
        f"{name} needs {needed.name}"
        for name, requirement in pinned.items()
        if requirement.marker is None or requirement.marker.evaluate()
        for needed in map(Requirement, distribution(name).requires or [])
        if any(_applies(needed, extra) for extra in ["", *requirement.extras])
        if canonicalize_name(needed.name) not in pinned
    }

    assert inexact == []
    assert missing == set()


def _applies(requirement, extra):
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def test_the_application_imports_only_what_it_requires():
    """Else it works where the tests are installed, and nowhere else."""
    required, local = (names_in(name) for name in REQUIREMENTS[:2])
    owners = packages_distributions()
    strangers = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in [*(ROOT / "nps_app").rglob("*.py"), *(ROOT / "surveys").rglob("*.py")]
        for module in modules_imported(path) - sys.stdlib_module_names - {"nps_app", "surveys"}
        if not {canonicalize_name(owner) for owner in owners.get(module, [])}
        & (required | local if "local" in path.parts else required)
    }

    assert strangers == set()


def modules_imported(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def names_in(file):
    lines = (ROOT / file).read_text().splitlines()
    return {canonicalize_name(Requirement(line).name) for line in lines if line and not line.startswith("#")}
