"""One request brings only so much, whether it says how much or not."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from lab.ui.frame.body_limit import BodyLimit


@pytest.fixture
def client() -> TestClient:
    async def length(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    routes = [Route(path, length, methods=["POST"]) for path in ("/join", "/gradio_api/upload")]
    limit = Middleware(BodyLimit, most=1000, uploaded=3000)
    return TestClient(Starlette(routes=routes, middleware=[limit]))


def in_pieces(count: int) -> Iterator[bytes]:
    yield from (b"x" * 100 for _ in range(count // 100))


@pytest.mark.parametrize(("path", "most"), [("/join", 1000), ("/gradio_api/upload", 3000)])
def test_too_much_is_refused_also_when_its_length_is_not_said(
    client: TestClient, path: str, most: int
) -> None:
    assert client.post(path, content=b"x" * most).text == str(most)
    assert client.post(path, content=in_pieces(most)).text == str(most)
    assert client.post(path, content=b"x" * (most + 1)).status_code == 413
    refused = client.post(path, content=in_pieces(most + 100))
    assert refused.status_code == 413 and refused.text.endswith("send less.")
