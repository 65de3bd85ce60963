import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """After Django was set up: the fixtures need the models."""
    config.pluginmanager.import_plugin("tests.delivery.engine.fixtures")
