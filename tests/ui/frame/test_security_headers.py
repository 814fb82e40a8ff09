"""What browsers are told about the page holds for every answer."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from lab.ui.frame.security_headers import HEADERS, POLICY, SecurityHeaders


def test_every_answer_says_that_nothing_else_may_be_loaded() -> None:
    own = Route("/own", lambda _: PlainTextResponse("", headers={"Referrer-Policy": "origin"}))
    app = Starlette(routes=[own], middleware=[Middleware(SecurityHeaders)])
    client = TestClient(app)
    for path in ("/own", "/missing"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
    assert client.get("/own").headers["referrer-policy"] == "origin"
    assert client.get("/missing").headers["referrer-policy"] == HEADERS["Referrer-Policy"]


def test_no_source_of_the_policy_is_another_host() -> None:
    sources = {word for part in POLICY.split("; ") for word in part.split()[1:]}
    assert sources <= {
        *("'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"),
    }
