"""Mail to the domain of answers is handed to the product, as an operator's mail server does it: docs/inbound-mail.md."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

PATIENCE = 30  # seconds


class NotTaken(Exception):
    """The product does not take it now; the sender should try again."""


@dataclass(frozen=True)
class Road:
    domain: str
    token: str
    address: str

    @classmethod
    def of_environment(cls) -> Self:
        port = os.environ.get("PORT") or "8000"
        address = f"http://127.0.0.1:{port}/hooks/inbound/mime/"
        return cls(os.environ.get("NPS_INBOUND_DOMAIN", "").lower(), os.environ.get("NPS_INBOUND_TOKEN", ""), address)

    def pass_on(self, content: bytes, sender: str, recipients: Sequence[str]) -> None:
        """Nothing happens when nobody of the domain is among the recipients. Raises NotTaken."""
        theirs = [each for each in recipients if self.domain and each.lower().endswith(f"@{self.domain}")]
        if not theirs:
            return
        query = urlencode([("to", each) for each in theirs] + [("from", sender)])
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "message/rfc822"}
        try:
            with urlopen(Request(f"{self.address}?{query}", content, headers), timeout=PATIENCE):
                return
        except (URLError, OSError) as error:  # an answer of 4xx or 5xx too
            raise NotTaken(str(error)) from error
