import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    for name in ("mail", "questions"):
        config.pluginmanager.import_plugin(f"tests.responses.{name}")  # their fixtures need the models
