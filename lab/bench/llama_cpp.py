"""llama.cpp on the very file that a model was made of, where ``pip install xllamacpp`` was run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lab.models.fetch import get_gguf

PACKAGE = "xllamacpp"
WINDOW = 512
"""Tokens."""


class LlamaCpp:
    """A GGUF file in llama.cpp."""

    def __init__(self, file: Path, threads: int) -> None:
        """
        Args:
            file: GGUF.
            threads: of the processor.
        """
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(file)
        params.n_ctx, params.n_parallel, params.verbosity = WINDOW, 1, 0
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        self._server: Any = xllamacpp.Server(params)

    def decode(self, prompt: list[int], tokens: int) -> None:
        """Greedy text, the prompt read anew, end tokens ignored.

        Args:
            prompt: token ids.
            tokens: to write.
        """
        self._server.handle_completions(
            {
                "prompt": prompt,
                "max_tokens": tokens,
                "temperature": 0,
                "ignore_eos": True,
                "cache_prompt": False,
            }
        )


@contextmanager
def llama_cpp(name: str, threads: int) -> Iterator[LlamaCpp | None]:
    """A catalogue model in llama.cpp; None where the package is not installed.

    Args:
        name: as the catalogue lists it.
        threads: of the processor.
    """
    if find_spec(PACKAGE) is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        yield LlamaCpp(get_gguf(name, Path(folder)), threads)
