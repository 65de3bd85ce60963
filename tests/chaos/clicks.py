"""People who click in the mails they got: `python -m tests.chaos.clicks url seed share mails clicks`.

Reads the mail server's ledger as it grows. Each person who clicks (by the seed) opens one link of the mail, on a
connection that is kept, and again until the answer is 200; a few then unsubscribe. What was answered with 200 is in the
ledger of clicks. Ends when the file beside that ledger, `….over`, is there and nobody is left who wants to click.
"""

import http.client
import queue
import random
import sys
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.chaos import faults
from tests.chaos.ledger import Event, Ledger, Tail

PEOPLE_AT_ONCE: Final = 4
AGAIN_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 10.0
UNSUBSCRIBING: Final = 0.02
AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True)
class Wish:
    to: str
    what: str
    path: str
    score: int = 0


def wishes(mail: Event, seed: int, share: float) -> list[Wish]:
    """What the person does with this mail."""
    to = mail["to"]
    if faults.chance(seed, "click", to) >= share * 10_000:
        return []
    score = faults.chance(seed, "score", to, of=11)
    done = [Wish(to, "click", f"/r/{mail['answer']}/{score}/", score)]
    if faults.chance(seed, "unsubscribe", to) < UNSUBSCRIBING * 10_000:
        done.append(Wish(to, "unsubscribe", f"/u/{mail['unsubscribe']}/"))
    return done


class Person(threading.Thread):
    """Many people, one after the other, behind one connection."""

    def __init__(self, url: str, wanted: "queue.Queue[Wish]", ledger: Ledger) -> None:
        super().__init__(daemon=True)
        self._url = urlsplit(url)
        self._wanted = wanted
        self._ledger = ledger
        self._connection = self._new()

    def _new(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=PATIENCE_SECONDS)

    def run(self) -> None:
        while True:
            wish = self._wanted.get()
            began = time.time()
            tries = 1
            while not self._is_answered(wish):
                tries += 1
                time.sleep(AGAIN_SECONDS)
            self._ledger.write(began=began, at=time.time(), tries=tries, **vars(wish))
            self._wanted.task_done()

    def _is_answered(self, wish: Wish) -> bool:
        try:
            if wish.what == "click":
                self._connection.request("GET", wish.path, headers={"User-Agent": AGENT})
            else:
                self._connection.request("POST", wish.path, "List-Unsubscribe=One-Click", _FORM)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = self._new()
            return False
        return answer.status == HTTPStatus.OK


_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": AGENT}


def over(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.over")


def main(url: str, seed: int, share: float, mails: Path, clicks: Path) -> None:
    wanted: queue.Queue[Wish] = queue.Queue()
    ledger = Ledger(clicks)
    for _ in range(PEOPLE_AT_ONCE):
        Person(url, wanted, ledger).start()
    seen: set[str] = set()
    tail = Tail(mails)
    order = random.Random(seed)
    while True:
        is_last = over(clicks).exists()
        new = [event for event in tail.new() if event["what"] == "kept" and event["to"] not in seen]
        order.shuffle(new)
        for mail in new:
            seen.add(mail["to"])
            for wish in wishes(mail, seed, share):
                wanted.put(wish)
        if is_last:
            break
        time.sleep(0.1)
    wanted.join()


if __name__ == "__main__":
    url, seed, share, mails, clicks = sys.argv[1:]
    main(url, int(seed), float(share), Path(mails), Path(clicks))
