"""One process tree: starts everything in order, starts again what dies, stops everything in order."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from nps_app.local.folder import Lock, State, rotate_logs
from nps_app.local.places import LocalError
from nps_app.local.process import Child
from nps_app.local.servers import start_ready
from nps_app.local.stack import ROOT, Stack, given, port, refuse_used_port
from nps_app.local.static import is_collected, note_collected

HEALTHY_AFTER = 30.0  # seconds of running that make the next death a first one again
LONGEST_WAIT = 30.0
SAMPLE_COMMAND = ROOT / "surveys" / "management" / "commands" / "load_sample.py"

# Who makes work stops first, who keeps it last.
STOP_ORDER = ["web", "beat", "worker", "mailbox", "valkey", "postgres"]


class Interrupted(Exception):
    """Somebody asked to stop while it was still starting."""


@dataclass
class Watch:
    """A child and how often it died lately."""

    child: Child
    started: float = 0
    deaths: int = 0
    again_at: float | None = None

    def start(self) -> None:
        self.child.start()
        self.started, self.again_at = time.monotonic(), None

    def has_died(self) -> bool:
        return self.again_at is None and not self.child.is_running()

    def wait_before_restart(self) -> float:
        """Plans the restart; seconds until then: at once, then 1, 2, 4 … 30."""
        if time.monotonic() - self.started > HEALTHY_AFTER:
            self.deaths = 0
        self.deaths += 1
        seconds = 0.0 if self.deaths == 1 else min(2.0 ** (self.deaths - 2), LONGEST_WAIT)
        self.again_at = time.monotonic() + seconds
        return seconds

    def is_due(self) -> bool:
        return self.again_at is not None and time.monotonic() >= self.again_at


@dataclass
class Supervisor:
    stack: Stack
    say: Callable[[str], None]
    state: State = field(default_factory=State)
    watches: list[Watch] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until SIGINT or SIGTERM. Raises LocalError when it cannot start."""
        lock = self._take_folder()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())
        try:
            with suppress(Interrupted):
                self._start_all()
                while not self.stopping.wait(0.25):
                    self._look_after()
        finally:
            self._stop_all()
            lock.release()

    def _take_folder(self) -> Lock:
        lock = Lock(self.stack.data)
        if not lock.take():
            raise LocalError(
                f"The data folder {self.stack.data} is in use by process {lock.holder()}; "
                "stop that first, or set NPS_DATA_DIR (and PORT) to run a second one."
            )
        return lock

    # ── starting ──

    def _start_all(self) -> None:
        self._end_orphans()
        refuse_used_port(port())
        rotate_logs(self.stack.data / "logs")
        self._start_servers()
        self._migrate()
        self._collect_static()
        self.stack.open_mail_socket()
        self.state = State(os.getpid(), self.stack.address, self.stack.mail_port)
        self._start_application()
        self._load_sample()
        self._welcome()

    def _start_servers(self) -> None:
        for child in self.stack.servers():
            self._check()
            self.watches.append(Watch(child, started=time.monotonic()))
            start_ready(child, self._check)
            self._note()
        self.stack.make_roles()

    def _start(self, child: Child) -> None:
        self._check()
        watch = Watch(child)
        self.watches.append(watch)
        watch.start()
        self._note()

    def _migrate(self) -> None:
        self._step("migrate", "--noinput")

    def _collect_static(self) -> None:
        if not is_collected(self.stack.data):
            self._step("collectstatic", "--noinput", "--clear")
            note_collected(self.stack.data)

    def _start_application(self) -> None:
        children = self.stack.application()
        for child in children:
            self._start(child)
        for child in children:
            child.wait_ready(60, self._check)

    def _load_sample(self) -> None:
        """Once per data folder; what the command prints (the sample sign-in) is shown at every start."""
        note = self.stack.data / "sample.txt"
        if note.exists() or self.stack.places is None or not SAMPLE_COMMAND.exists():
            return
        self.say("Creating the sample organization …")
        note.write_text(self._step("load_sample"))

    def _step(self, *arguments: str) -> str:
        """A command of manage.py that must succeed; returns what it printed."""
        self._check()
        process = self.stack.manage_command(*arguments).start()
        while True:
            try:
                printed, complaints = process.communicate(timeout=0.25)
                break
            except subprocess.TimeoutExpired:
                if self.stopping.is_set():
                    process.terminate()
        self._check()
        if process.returncode:
            raise LocalError(f"manage.py {arguments[0]} failed:\n{complaints.strip()}")
        return printed

    def _welcome(self) -> None:
        note = self.stack.data / "sample.txt"
        lines = [f"Ready: {self.state.address}"]
        if given("PUBLIC_URL"):
            lines.append(f"It listens on http://127.0.0.1:{port()}, where what serves that address must lead.")
        if self.stack.mail_port:
            lines.append(f"Mailbox: {self.state.address}/mailbox/ (every mail it sends arrives there)")
        if note.exists():
            lines.append(note.read_text().strip())
        lines += self._where()
        self.say("\n".join(lines))

    def _where(self) -> list[str]:
        places = self.stack.places
        lines = [f"Data and logs: {self.stack.data}"]
        if places and places.home != places.data:
            lines.append(f"Database: {places.home} (as user {places.account.name if places.account else ''})")
        return [*lines, "Stop with Ctrl-C."]

    # ── running ──

    def _look_after(self) -> None:
        for watch in self.watches:
            if watch.has_died():
                self._bury(watch)
            if watch.is_due():
                self._revive(watch)

    def _bury(self, watch: Watch) -> None:
        watch.child.sweep()
        seconds = watch.wait_before_restart()
        code = watch.child.process.returncode if watch.child.process else None
        self.say(f"{watch.child.name} ended (exit {code}); starting it again in {seconds:.0f} s.")

    def _revive(self, watch: Watch) -> None:
        watch.start()
        self._note()

    def _note(self) -> None:
        self.state.note(watch.child for watch in self.watches)
        self.state.save(self.stack.data)

    # ── stopping ──

    def _check(self) -> None:
        if self.stopping.is_set():
            raise Interrupted

    def _stop_all(self) -> None:
        if not self.watches:
            return
        self.say("Stopping …")
        for watch in sorted(self.watches, key=lambda watch: STOP_ORDER.index(watch.child.name)):
            watch.child.stop()
        State().save(self.stack.data)
        self.say("Stopped.")

    def _end_orphans(self) -> None:
        names = State.load(self.stack.data).end_orphans()
        if names:
            self.say(f"The last run did not end cleanly; stopped what it left: {', '.join(names)}.")
