"""A browser of the room's bench: what it did itself is no error, what the server did is one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from lab.bench.room_class import Client, Tally

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def reloaded(serve: Serve, meanwhile: Callable[[Client], Awaitable[None]]) -> Tally:
    """What a browser has noted that reloads the page while something else happens."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    seen = Tally()
    client = Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen)
    await asyncio.gather(client.reload(), meanwhile(client))
    await client.close()
    server.close()
    return seen


def test_who_loses_the_own_network_while_the_page_loads_loads_it_once_more() -> None:
    asked, lost = 0, asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await reader.readuntil(b"\r\n\r\n")
        asked += 1
        if asked == 1:
            lost.set()  # the answer does not come before the network goes
            await reader.read()
        writer.write(PAGE)
        writer.close()

    async def lose(client: Client) -> None:
        await lost.wait()
        await client.lose_network()

    seen = asyncio.run(reloaded(serve, lose))
    assert seen.errors == [] and asked == 2 and len(seen.reloads) == 1


def test_a_server_that_hangs_up_is_an_error() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async def nothing(_client: Client) -> None:
        return

    (error,) = asyncio.run(reloaded(serve, nothing)).errors
    assert error.startswith("/: ")
