"""The world of the tests: real PostgreSQL, Valkey, workers, SMTP and browser, all of them thrown away afterwards.

Nothing needs to be set up: `pytest tests/<folder> -n0` works by itself, and so does `-n 2`.

Code under test runs as the application's database role (rows only); the tables belong to the owner's role, and
`as_owner()` from tests.helpers.database is there for the rare test that must change them.

What a test may ask for:

* `smtp_sink`: the mail server that the settings name, with a ledger of what it accepted; it can refuse, delay and drop.
* `celery_worker_process(queues=…, concurrency=…, **environment)`: starts a real worker on the test database and returns
  it ready (`.kill9()`, `.stop()`, `.log`, `.pid`); the broker was emptied before. Implies `transaction=True`.
* `live_app`: a real web server on the test database (`.url`); `start_live_app(**environment)` for other settings.
* `browser` (one per process) and `page` (a fresh context on `live_app`, 1280 by 800; the test fails when the console
  has an error, unless it empties `console`). `sign_in_browser(page, user)` gives the page a signed-in session.
* `own_stack(**environment)`: all that `make run` starts, in a folder of its own: for tests that kill. See
  tests/helpers/processes.py. `installed_stack(**environment)` is one that was started before, which spares most tests
  the making of cluster, tables and static files.

Waiting is done by `wait_until` of tests.helpers.waiting.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page
from pytest_django import DjangoDbBlocker, Settings

from nps_app.local import servers
from nps_app.local.process import Child
from nps_app.local.static import note_collected
from tests.helpers import database
from tests.helpers.browser import running_browser
from tests.helpers.processes import LiveApp, OwnStack, celery_worker, made_once, web_server
from tests.helpers.servers import Session
from tests.helpers.smtp import SmtpSink
from tests.helpers.waiting import free_port

SESSION = Session.find_or_make()
SINK = SmtpSink()
STARTS_SERVERS = {"own_stack", "session_servers"}


def pytest_configure(config: pytest.Config) -> None:
    """The settings come from this environment, so it stands before Django is set up."""
    os.environ.update(SESSION.environment(mail_port=SINK.start().port))
    config.add_cleanup(SINK.stop)
    config.add_cleanup(SESSION.stop)
    django.setup()
    # Else each client of a test would look through all static files for one of its own.
    django_settings.WHITENOISE_AUTOREFRESH = True
    config.pluginmanager.import_plugin("tests.people")  # its fixtures need the models
    if not config.option.collectonly:
        SESSION.start()
    if config.getoption("numprocesses", None):
        # Else xdist's workers would set Django up with this process's mail server and Valkey, before they get here.
        del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that start servers of their own take longest: begun last, they would keep one process busy at the end."""
    items.sort(key=lambda item: STARTS_SERVERS.isdisjoint(getattr(item, "fixturenames", ())))


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """The mail server that settings.EMAIL_HOST and EMAIL_PORT name, with an empty ledger; see tests/helpers/smtp.py."""
    SINK.forget()
    SINK.accept()
    yield SINK
    SINK.accept()


@pytest.fixture(scope="session")
def session_servers() -> Session:
    return SESSION


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """In place of pytest-django's: one process migrates and all have copies, which end with the session's server."""
    with django_db_blocker.unblock():
        database.make(SESSION)
        name = str(connection.settings_dict["NAME"])
        with database.swept_after_tests(servers.owner_url(SESSION.places, SESSION.keys, name)):
            database.become_application()
            yield
            connection.close()


# ── Processes on the test database ──────────────────────────────────────────────────────────────────────────────────


def _environment(**changes: object) -> dict[str, str]:
    """For a process beside the tests: this process's servers and the test database."""
    ours = SESSION.environment(mail_port=SINK.port, database=str(connection.settings_dict["NAME"]))
    rest = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return rest | ours | {name: str(value) for name, value in changes.items()}


@pytest.fixture
def empty_broker() -> None:
    SESSION.empty_valkey()


@pytest.fixture
def celery_worker_process(
    transactional_db: None, empty_broker: None, smtp_sink: SmtpSink, tmp_path: Path
) -> Iterator[Callable[..., Child]]:
    started: list[Child] = []

    def start(*, queues: str = "", concurrency: int = 2, **environment: object) -> Child:
        changes = {"PUBLIC_URL": django_settings.PUBLIC_URL} | environment
        options = {"queues": queues} if queues else {}
        worker = celery_worker(_environment(**changes), tmp_path, concurrency=concurrency, **options)
        started.append(worker)
        worker.start()
        worker.wait_ready(seconds=60)
        return worker

    yield start
    for worker in started:
        worker.kill9()


def _live_app(folder: Path, **environment: object) -> LiveApp:
    port = free_port()
    url = f"http://localhost:{port}"
    server = web_server(_environment(**{"PUBLIC_URL": url} | environment), folder, port)
    server.start()
    server.wait_ready(seconds=60)
    return LiveApp(url, server)


@pytest.fixture(scope="session")
def _shared_live_app(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApp]:
    app = _live_app(tmp_path_factory.mktemp("web"))
    yield app
    app.child.kill9()


@pytest.fixture
def live_app(_shared_live_app: LiveApp, transactional_db: None, settings: Settings) -> LiveApp:
    """Links that the test process itself makes lead there too."""
    settings.PUBLIC_URL = _shared_live_app.url
    return _shared_live_app


@pytest.fixture
def start_live_app(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., LiveApp]]:
    started: list[LiveApp] = []

    def start(**environment: object) -> LiveApp:
        started.append(_live_app(tmp_path, **environment))
        return started[-1]

    yield start
    for app in started:
        app.child.kill9()


@pytest.fixture
def own_stack() -> Iterator[Callable[..., OwnStack]]:
    """Not started yet: `own_stack().start()`."""
    made: list[OwnStack] = []

    def make(**environment: object) -> OwnStack:
        # Not below pytest's folders, which are private: root's servers run as another user.
        folder = Path(tempfile.mkdtemp(prefix="nps-stack-"))
        folder.chmod(0o711)
        made.append(OwnStack(folder / "var", {name: str(value) for name, value in environment.items()}))
        return made[-1]

    yield make
    for stack in made:
        stack.stop()
        stack.remove()


def _install(stack: OwnStack) -> None:
    done = stack.manage("migrate", "-v0")
    assert done.returncode == 0, done.stderr
    shutil.copytree(SESSION.static_root, stack.data / "static")
    note_collected(stack.data)


@pytest.fixture(scope="session")
def installed() -> Path:
    """A data folder as the first start leaves it."""
    return made_once(SESSION.root / "installed", _install)


@pytest.fixture
def installed_stack(own_stack: Callable[..., OwnStack], installed: Path) -> Callable[..., OwnStack]:
    """Not started yet either."""
    return lambda **environment: own_stack(**environment).begin_with(installed)


# ── The browser ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture
def console() -> list[str]:
    """What the page complained about: errors in the console and uncaught exceptions."""
    return []


@pytest.fixture
def page(browser: Browser, live_app: LiveApp, console: list[str]) -> Iterator[Page]:
    context = browser.new_context(base_url=live_app.url, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("console", lambda message: _note_error(console, message))
    page.on("pageerror", lambda error: console.append(str(error)))
    yield page
    context.close()
    assert console == []


def _note_error(console: list[str], message: ConsoleMessage) -> None:
    if message.type == "error":
        console.append(f"{message.text} ({message.location.get('url', '')})")


@pytest.fixture
def sign_in_browser(live_app: LiveApp) -> Callable[[Page, object], None]:
    def sign_in(page: Page, user: object) -> None:
        client = Client()
        client.force_login(user)  # type: ignore[arg-type]
        name = django_settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_app.url}])

    return sign_in
