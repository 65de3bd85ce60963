"""`python -m nps_app.local.mailbox <listening socket> <folder>`: started by the supervisor, which opened the socket."""

import asyncio
import socket
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from nps_app.local.mailbox.passing_on import NotTaken, Road
from nps_app.local.mailbox.store import Store
from nps_app.local.places import own_folder


class Keeper:
    """Says 250 only when the message is a file, and the product has it if it is for the product."""

    def __init__(self, store: Store, road: Road) -> None:
        self._store = store
        self._road = road

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content, sender = envelope.original_content or b"", envelope.mail_from or ""
        try:
            await asyncio.to_thread(self._road.pass_on, content, sender, envelope.rcpt_tos)
        except NotTaken as error:
            return f"451 4.3.0 The application does not take it now: {error}"
        try:
            kept = self._store.keep(content, sender, envelope.rcpt_tos)
        except OSError as error:
            return f"452 4.3.1 The mailbox cannot keep it: {error.strerror}"
        return f"250 2.0.0 kept as {kept}"


async def serve(listening: socket.socket, folder: Path) -> None:
    own_folder(folder)
    keeper = Keeper(Store(folder), Road.of_environment())

    def conversation() -> SMTP:
        return SMTP(keeper, hostname="mailbox.localhost", data_size_limit=None, enable_SMTPUTF8=True)

    server = await asyncio.get_running_loop().create_server(conversation, sock=listening)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2])))
