"""A name server on this machine: real questions and answers, by UDP."""

import socket
import threading
from collections import Counter

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset


class NameServer:
    """`publish` makes records; `fail` and `silence` make a name answer with an error, or not at all."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._records: dict[tuple[str, str], list[str]] = {}
        self._errors: set[str] = set()
        self._silent: set[str] = set()
        self.questions: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._socket.getsockname()
        return str(host), int(port)

    def start(self) -> "NameServer":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._socket.sendto(b"", self.address)
        self._thread.join(timeout=5)
        self._socket.close()

    def publish(self, name: str, kind: str, *values: str) -> None:
        """In the place of what was there; a TXT value of any length is cut into strings."""
        self._records[name.lower(), kind] = [_quoted(value) if kind == "TXT" else value for value in values]

    def withdraw(self, name: str, kind: str) -> None:
        self._records.pop((name.lower(), kind), None)

    def fail(self, name: str) -> None:
        self._errors.add(name.lower())

    def silence(self, name: str) -> None:
        self._silent.add(name.lower())

    def _serve(self) -> None:
        while True:
            data, sender = self._socket.recvfrom(4096)
            if not data:
                return
            reply = self._reply(dns.message.from_wire(data))
            if reply is not None:
                self._socket.sendto(reply.to_wire(), sender)

    def _reply(self, query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        name, kind = str(question.name).rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype)
        self.questions[f"{kind} {name}"] += 1
        if name in self._silent:
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self._errors:
            reply.set_rcode(dns.rcode.SERVFAIL)
            return reply
        self._answer(reply, name, kind)
        return reply

    def _answer(self, reply: dns.message.Message, name: str, kind: str) -> None:
        alias = self._records.get((name, "CNAME"))
        if alias:
            reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", alias[0]))
            name = alias[0].rstrip(".").lower()
        values = self._records.get((name, kind))
        if values:
            reply.answer.append(dns.rrset.from_text_list(f"{name}.", 60, "IN", kind, values))
        elif not alias and not any(known == name for known, _kind in self._records):
            reply.set_rcode(dns.rcode.NXDOMAIN)


def _quoted(text: str) -> str:
    pieces = [text[start : start + 200] for start in range(0, len(text), 200)] or [""]
    return " ".join(
        '"' + piece.replace("\\", "\\\\").replace('"', '\\"').replace("\0", "\\000") + '"' for piece in pieces
    )
