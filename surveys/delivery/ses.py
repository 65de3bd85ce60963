"""Amazon SES by its SMTP interface: it keeps what a message carries, and says by which id it will report of it."""

import json
import re
from typing import Final

from django.core.mail.backends.smtp import EmailBackend

from surveys.delivery.mailing import Mail
from surveys.delivery.smtp import Smtp

_TAKEN: Final = re.compile(r"Ok\s+([0-9a-z-]{20,100})\b", re.IGNORECASE)


class Ses(Smtp):
    def __init__(self, backend: EmailBackend, configuration_set: str) -> None:
        super().__init__(backend)
        self._configuration_set = configuration_set

    def _written(self, mail: Mail) -> bytes:
        headers = f"X-Metadata: {json.dumps(mail.metadata)}\r\n"
        if self._configuration_set:
            headers += f"X-SES-CONFIGURATION-SET: {self._configuration_set}\r\n"
        return headers.encode() + mail.raw

    def _provider_id(self, text: str) -> str:
        found = _TAKEN.search(text)
        return found[1] if found else ""
