"""Two untrained pocket models for runs that only need the machinery."""

import pytest

from lab.models.pool import HostPool
from tests.tiny_pocket import make_pockets


@pytest.fixture(scope="session")
def pockets(tmp_path_factory):
    return make_pockets(tmp_path_factory.mktemp("models"), "pocket-base", "pocket-other")


@pytest.fixture(autouse=True)
def _models(pockets, monkeypatch):
    monkeypatch.setenv("LATENT_LAB_MODELS", str(pockets))


@pytest.fixture(scope="session")
def pool():
    return HostPool()
