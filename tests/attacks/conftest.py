import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.import_plugin("tests.responses.mail")  # the fixtures `mail` and `ada`; they need the models
