"""The fastest mail server that answers properly: `python -m tests.bench.sink`. Prints its port, keeps nothing.

For measuring senders: it offers PIPELINING and 8BITMIME as real servers do, and costs as little as Python can.
"""

import asyncio


class Sink(asyncio.Protocol):
    _waits_for_end = False
    _held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._held += data
        while self._held and (self._message() if self._waits_for_end else self._command()):
            pass

    def _message(self) -> bool:
        _message, found, rest = self._held.partition(b"\r\n.\r\n")
        if found:
            self._held, self._waits_for_end = rest, False
            self._transport.write(b"250 kept\r\n")
        return bool(found)

    def _command(self) -> bool:
        command, found, rest = self._held.partition(b"\r\n")
        if found:
            self._held = rest
            self._answer(command[:4].upper())
        return bool(found)

    def _answer(self, word: bytes) -> None:
        if word == b"EHLO":
            self._transport.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        elif word == b"DATA":
            self._waits_for_end = True
            self._transport.write(b"354 go\r\n")
        elif word == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._transport.write(b"250 ok\r\n")


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
