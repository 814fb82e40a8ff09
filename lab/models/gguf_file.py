"""GGUF files (Ollama, LM Studio, llama.cpp): judged by their header, converted once into a folder.

Weights are dequantised exactly, that is to the very numbers the quantised file stands for, as
float32; which quantisation they come from is kept in ``source.json`` beside them and shown. The
converted folder is found again by the file's SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from lab.errors import Cancelled, LabError, ModelUnavailable
from lab.files import IMPORT_ROOT, user_cache
from lab.words import say

Progress = Callable[[str, float | None], None]
"""Called with a sentence and the share that is done (0 to 1; None where it cannot be told)."""
MAGIC = b"GGUF"
SOURCE = "source.json"


@dataclass(frozen=True)
class GgufHeader:
    """What a GGUF file says about itself."""

    architecture: str
    title: str
    params: int
    """Number of weights."""
    tensors: dict[str, int]
    """Number of tensors by storage type (``Q4_1``, ``F32`` …)."""
    licence: str

    @property
    def quantisation(self) -> str:
        """The type that most tensors have: what people call the file (``Q4_1``)."""
        packed = {kind: n for kind, n in self.tensors.items() if kind not in ("F32", "F16", "BF16")}
        return max(packed or self.tensors, key=self.tensors.__getitem__)


def is_gguf(path: Path) -> bool:
    """Whether a path is (or is called) a GGUF file."""
    if not path.is_file():
        return False
    with open(path, "rb") as stream:
        return stream.read(4) == MAGIC or path.suffix.lower() == ".gguf"


def read_header(path: Path) -> GgufHeader:
    """Judge a GGUF file without loading its weights.

    Raises:
        ModelUnavailable: if it is damaged, or stored in a way that cannot be read.
    """
    import gguf
    import numpy as np

    try:
        reader = gguf.GGUFReader(str(path))
        kinds = Counter(tensor.tensor_type for tensor in reader.tensors)
        params = sum(int(tensor.n_elements) for tensor in reader.tensors)
        texts = {
            key: str(reader.fields[key].contents())
            for key in ("general.architecture", "general.name", "general.license")
            if key in reader.fields
        }
        if not kinds or "general.architecture" not in texts:
            raise ValueError("it holds no model")
    except Exception as error:
        raise ModelUnavailable(
            say("error.gguf_file.not_whole_gguf_file", name=path.name, error=_short(error))
        ) from error
    for kind in kinds:
        block = gguf.GGML_QUANT_SIZES[kind][1]
        try:
            gguf.quants.dequantize(np.zeros((1, block), dtype=np.uint8), kind)
        except Exception as error:
            raise ModelUnavailable(
                say("error.gguf_file.stored_as_which_cannot", name=path.name, name2=kind.name)
            ) from error
    return GgufHeader(
        architecture=texts["general.architecture"],
        title=texts.get("general.name", path.stem),
        params=params,
        tensors={kind.name: n for kind, n in kinds.items()},
        licence=texts.get("general.license", "not stated"),
    )


def file_digest(path: Path, progress: Progress | None = None) -> str:
    """SHA-256 of a file's bytes.

    Args:
        path: the file.
        progress: called with a sentence and the share done.
    """
    sha, done, total = hashlib.sha256(), 0, max(path.stat().st_size, 1)
    with open(path, "rb") as stream:
        while chunk := stream.read(1 << 22):
            sha.update(chunk)
            done += len(chunk)
            if progress is not None:
                progress(f"checking {path.name}", done / total)
    return sha.hexdigest()


def converted_folder(path: Path) -> Path:
    """Where the converted weights of a GGUF file lie, or will."""
    return _folder_for(path, file_digest(path))


def _folder_for(path: Path, digest: str) -> Path:
    return user_cache("models") / "gguf" / f"{path.stem}-{digest[:12]}"


def convert(
    path: Path,
    folder: Path | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """The folder with a GGUF file's weights as safetensors, its config and tokenizer; made once.

    Args:
        path: the GGUF file.
        folder: where to put it; by default a folder of the cache named after the file's digest.
        progress: called with a sentence and the share done.
        cancelled: asked several times a second; True stops, and nothing half made stays.

    Raises:
        ModelUnavailable: one sentence on what is wrong with the file.
        Cancelled: if it was stopped.
    """
    header = read_header(path)
    digest = file_digest(path)
    target = folder or _folder_for(path, digest)
    if (target / SOURCE).is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    tell = progress or (lambda _text, _share: None)
    with FileLock(f"{target}.lock"):
        if (target / SOURCE).is_file():
            return target
        half = target.with_name(f"{target.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        try:
            tell(f"dequantising {path.name} ({header.quantisation})", None)
            _write(path.resolve(), half.resolve(), cancelled or (lambda: False))
            note = {
                "file": path.name,
                "sha256": digest,
                "quantisation": header.quantisation,
                "tensors": header.tensors,
                "licence": header.licence,
                "title": header.title,
            }
            (half / SOURCE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
            tell("converted", 1.0)
            shutil.rmtree(target, ignore_errors=True)
            half.rename(target)
        except LabError:
            raise
        except Exception as error:
            raise ModelUnavailable(
                say(
                    "error.gguf_file.cannot_converted_choose_another",
                    name=path.name,
                    architecture=header.architecture,
                    quantisation=header.quantisation,
                    error=_short(error),
                )
            ) from error
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return target


def source_note(folder: Path) -> dict[str, Any] | None:
    """What ``source.json`` in a model folder says; None where there is none."""
    path = folder / SOURCE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _write(path: Path, folder: Path, stop: Callable[[], bool]) -> None:
    """Convert in a process of its own: a damaged file cannot take this one along, and it stops."""
    command = [sys.executable, "-m", "lab.models.gguf_convert", str(path), str(folder)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    said = folder.with_name(f"{folder.name}.txt")
    try:
        with open(said, "wb") as sink:
            process = subprocess.Popen(command, cwd=IMPORT_ROOT, stdout=sink, stderr=sink)
            while process.poll() is None:
                if stop():
                    process.kill()
                    process.wait()
                    raise Cancelled(
                        say("error.gguf_file.stopped_while_converting_file", name=path.name)
                    )
                time.sleep(0.1)
        if process.returncode != 0:
            lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise ValueError(lines[-1] if lines else f"exit code {process.returncode}")
    finally:
        said.unlink(missing_ok=True)


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:140] if text else type(error).__name__
