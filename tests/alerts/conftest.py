import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.import_plugin("tests.alerts.world")  # its fixtures need the models


@pytest.fixture(autouse=True)
def _alerts_leave(by_smtp: None) -> None:
    """Here, and nowhere else: a fixture of a plugin that uses itself would be used by every test there is."""
