"""A mail server that counts, and misbehaves by plan: `python -m tests.chaos.sink host port seed answer_seconds ledger`.

A process of its own that may be killed: what it has is in the ledger before it says so. A line `kept` is one complete
copy of a message for one recipient; `answered` follows when its sender was told; `refused` is an answer of 4xx or 5xx.
"""

import asyncio
import itertools
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

from tests.chaos import faults
from tests.chaos.faults import Fault, Welcome
from tests.chaos.ledger import Ledger, Tail

END: Final = b"\r\n.\r\n"
LONGEST: Final = 1024 * 1024
SLOW_SECONDS: Final = 0.3
MESSAGE_ID: Final = re.compile(rb"^Message-ID: (\S+)\r$", re.MULTILINE | re.IGNORECASE)
ANSWER: Final = re.compile(rb"/r/([\w-]+)/")
UNSUBSCRIBE: Final = re.compile(rb"/u/([\w-]+)/>")
REFUSALS: Final = {
    Fault.BUSY: "450 4.2.0 The mailbox is busy",
    Fault.LATER: "451 4.3.0 Try again later",
    Fault.PACE: "421 4.7.0 Too many messages, slow down",
    Fault.REJECT: "554 5.6.0 This message is not taken",
    Fault.UNKNOWN: "550 5.1.1 There is nobody of that name",
}
AT_RECIPIENT: Final = (Fault.BUSY, Fault.PACE, Fault.UNKNOWN)


class Gone(Exception):
    """The conversation is over."""


class Sink:
    def __init__(self, seed: int, answer_seconds: float, ledger: Path) -> None:
        self._seed = seed
        self._answer_seconds = answer_seconds
        tried = (event["to"] for event in Tail(ledger).new() if event["what"] == "named")
        self._tried = Counter(tried)
        self._ledger = Ledger(ledger)
        self._numbers = itertools.count(int(time.time()))

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        welcome = faults.of_connection(self._seed, next(self._numbers))
        try:
            await Conversation(self, reader, writer, welcome).hold()
        except (Gone, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()

    def fault(self, to: str) -> Fault:
        tried = self._tried[to]
        self._tried[to] += 1
        found = faults.of_message(self._seed, to, tried)
        if found is not Fault.NONE:
            self.note("named", to, fault=found)
        return found

    def note(self, what: str, to: str, **more: object) -> None:
        self._ledger.write(what=what, at=time.time(), to=to, **more)

    async def wait_for_answer(self, fault: Fault) -> None:
        seconds = self._answer_seconds + (SLOW_SECONDS if fault is Fault.SLOW else 0)
        if seconds:
            await asyncio.sleep(seconds)


class Conversation:
    def __init__(
        self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, welcome: Welcome
    ) -> None:
        self._sink = sink
        self._reader = reader
        self._writer = writer
        self._welcome = welcome
        self._to = ""
        self._fault = Fault.NONE

    async def hold(self) -> None:
        if self._welcome is Welcome.CUT:
            raise Gone
        self._say("421 4.3.2 Full" if self._welcome is Welcome.FULL else "220 sink")
        while line := await self._reader.readline():
            await self._obey(line)

    async def _obey(self, line: bytes) -> None:
        word = line[:4].upper()
        if word == b"EHLO":
            offers = [] if self._welcome is Welcome.PLAIN else ["250-PIPELINING"]
            self._say("\r\n".join(["250-sink", *offers, "250 8BITMIME"]))
        elif word == b"RCPT":
            self._recipient(line)
        elif word == b"DATA":
            await self._message()
        elif word == b"QUIT":
            self._say("221 bye")
            raise Gone
        else:
            self._to = ""
            self._say("250 ok")

    def _recipient(self, line: bytes) -> None:
        to = line.partition(b"<")[2].partition(b">")[0].decode().lower()
        self._fault = self._sink.fault(to)
        if self._fault is Fault.DROP_AT_RECIPIENT:
            raise Gone
        if self._fault in AT_RECIPIENT:
            self._refuse(to)
            if self._fault is Fault.PACE:
                raise Gone
        else:
            self._to = to
            self._say("250 go on")

    def _refuse(self, to: str) -> None:
        answer = REFUSALS[self._fault]
        self._sink.note("refused", to, code=int(answer[:3]))
        self._say(answer)

    async def _message(self) -> None:
        if not self._to:
            self._say("503 there is no recipient")
            return
        self._say("354 go")
        if self._fault is Fault.DROP_IN_MESSAGE:
            await self._reader.read(500)
            raise Gone
        content = await self._reader.readuntil(END)
        to, self._to = self._to, ""
        if self._fault in REFUSALS:
            self._refuse(to)
        else:
            await self._keep(to, content)

    async def _keep(self, to: str, content: bytes) -> None:
        found = {"id": MESSAGE_ID, "answer": ANSWER, "unsubscribe": UNSUBSCRIBE}
        words = {name: match[1].decode() if (match := by.search(content)) else "" for name, by in found.items()}
        self._sink.note("kept", to, **words)
        if self._fault is Fault.DROP_AFTER_MESSAGE:
            raise Gone
        if self._fault is Fault.HANG:
            await self._reader.read()  # until the sender has lost patience
            raise Gone
        await self._sink.wait_for_answer(self._fault)
        self._sink.note("answered", to)
        self._say("250 kept")

    def _say(self, words: str) -> None:
        self._writer.write(words.encode() + b"\r\n")


async def serve(host: str, port: int, sink: Sink) -> None:
    server = await asyncio.start_server(sink.talk, host, port, limit=LONGEST, backlog=256)
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    host, port, seed, answer_seconds, ledger = sys.argv[1:]
    asyncio.run(serve(host, int(port), Sink(int(seed), float(answer_seconds), Path(ledger))))
