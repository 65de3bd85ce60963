"""`python -m nps_app.local run` starts everything; `… manage <command>` runs manage.py against the same servers."""

import os
import signal
import sys
import time
from collections.abc import Sequence

from nps_app.local.folder import Lock, State
from nps_app.local.places import LocalError
from nps_app.local.process import Child
from nps_app.local.servers import start_ready
from nps_app.local.stack import Stack
from nps_app.local.supervisor import Supervisor

USAGE = "usage: python -m nps_app.local run | manage <command> [arguments]"


def main(arguments: Sequence[str]) -> int:
    try:
        match arguments:
            case ["run"]:
                Supervisor(_stack(), say=_say).run()
                return 0
            case ["manage", *command]:
                return _manage(_stack(), command)
    except LocalError as error:
        _complain(str(error))
        return 1
    except OSError as error:
        _complain(f"{error.strerror}: {error.filename}" if error.filename else str(error))
        return 1
    _complain(USAGE)
    return 2


def _stack() -> Stack:
    """Whatever is made once the folders stand is for us alone: mails, uploads, notes."""
    stack = Stack.find()
    os.umask(0o077)
    return stack


def _say(text: str) -> None:
    print(text, flush=True)


def _complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _manage(stack: Stack, command: Sequence[str]) -> int:
    """Against the servers that run, else against servers started for this command."""
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the command, such as a shell
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    lock = Lock(stack.data)
    if stack.places is None:
        return stack.manage_command(*command).run()
    if lock.take():
        return _manage_alone(stack, command)
    if command[:1] == ["restore"]:
        raise LocalError(f"Stop process {lock.holder()} first (`make run`?): it uses what a restore replaces.")
    return _manage_beside(stack, command)


def _manage_alone(stack: Stack, command: Sequence[str]) -> int:
    state = State.load(stack.data)
    state.end_orphans()
    children: list[Child] = []
    try:
        for child in stack.servers():
            children.append(child)
            start_ready(child)
        state.note(children)
        state.save(stack.data)
        stack.make_roles()
        return stack.manage_command(*command).run()
    finally:
        for child in reversed(children):
            child.stop()
        State().save(stack.data)


def _manage_beside(stack: Stack, command: Sequence[str], seconds: float = 60) -> int:
    deadline = time.monotonic() + seconds
    while not all(child.ready() for child in stack.servers()):
        if time.monotonic() > deadline:
            raise LocalError(f"The servers of {stack.data} are starting or stopping; try again in a moment.")
        time.sleep(0.1)
    stack.mail_port = State.load(stack.data).mail_port
    return stack.manage_command(*command).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
