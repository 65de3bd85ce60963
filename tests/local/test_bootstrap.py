"""The first thing a newcomer's machine may lack gets one clear sentence."""

import sys

import pytest

from nps_app.local import bootstrap


def test_a_too_old_python_says_which_is_needed(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "OLDEST", (4, 0))

    assert bootstrap.main(["run"]) == 1

    said = capsys.readouterr().err
    assert "and Python 4.0 or newer is needed" in said
    assert len(said.splitlines()) == 1


def test_a_python_without_venv_says_how_to_get_it(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bootstrap, "PYTHON", str(tmp_path / "python"))
    monkeypatch.setattr(bootstrap, "VENV", str(tmp_path / "venv"))
    monkeypatch.setitem(sys.modules, "ensurepip", None)

    assert bootstrap.main(["run"]) == 1

    assert "apt-get install python3." in capsys.readouterr().err
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize(
    ("environment", "needed"),
    [
        ({}, ["requirements.txt", "requirements-local.txt"]),
        ({"DATABASE_URL": "postgresql://db/nps"}, ["requirements.txt"]),
        ({"DATABASE_URL_FILE": "/run/secrets/url"}, ["requirements.txt"]),
    ],
)
def test_nothing_embedded_is_installed_for_servers_elsewhere(monkeypatch, environment, needed):
    for name in ("DATABASE_URL", "DATABASE_URL_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert bootstrap.needed_for(["run"]) == needed
