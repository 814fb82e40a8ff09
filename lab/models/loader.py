"""From a spec to a host: find the files, judge them before loading, load through transformers' Auto
classes.

Safetensors only, no remote code. Everything that can go wrong becomes one sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from transformers.utils.logging import disable_progress_bar

from lab.errors import ModelUnavailable
from lab.models import gguf_file, placement
from lab.models.digest import derived_digest, folder_digest, weights_digest
from lab.models.host import Host, make_host
from lab.models.host_probe import layers_with_state
from lab.models.hub_fetch import WEIGHT_PATTERNS, hub_sentence, kinds_of
from lab.models.spec import ModelSpec, find_local
from lab.words import say


def estimate_bytes(spec: ModelSpec) -> int:
    """Bytes that the weights will take in memory, from file headers or the hub's file list, before
    loading.

    Raises:
        ModelUnavailable: if the model is nowhere to be found.
    """
    folder = find_local(spec.name)
    if folder is None:
        kinds = (_hub_params(spec), 0)
    elif folder.is_file():
        kinds = (gguf_file.read_header(folder).params, 0)
    else:
        kinds = placement.count_by_kind(folder)
    device, _ = placement.pick_device(spec.device)
    dtype, _ = placement.pick_dtype(spec.dtype, device, sum(kinds))
    return placement.weight_bytes(spec.dtype, dtype, *kinds)


def load(spec: ModelSpec, get: Callable[[ModelSpec], Host]) -> Host:
    """Load a spec; twins and interpolations are made from hosts that ``get`` returns.

    Args:
        spec: which model, on which device, in which dtype.
        get: gives the host of another spec, for those that are made from one.

    Raises:
        ModelUnavailable: one sentence on what is wrong with the model.
    """
    if spec.other is not None:
        return _interpolated(spec, get)
    if spec.twin is not None:
        return _twin(spec, get)
    folder = find_local(spec.name)
    if folder is not None and folder.is_file():
        folder = gguf_file.convert(folder)
    if folder is not None:
        digest, revision = _checked_digest(folder), None
    else:
        folder = _download(spec)
        revision = folder.name
        digest = derived_digest(spec.name, revision)
    return _load_folder(spec, folder, digest, revision)


def _load_folder(spec: ModelSpec, folder: Path, digest: str, revision: str | None) -> Host:
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnavailable(
            say("error.loader.its_config_json_cannot", name=spec.name, error=_short(error))
        ) from error
    _require_causal(spec.name, config)
    if not list(folder.glob("*.safetensors")):
        raise ModelUnavailable(
            say("error.loader.no_safetensors_weights_safetensors", name=spec.name, folder=folder)
        )
    device, why_device = placement.pick_device(spec.device)
    kinds = placement.count_by_kind(folder)
    dtype, why_dtype = placement.pick_dtype(spec.dtype, device, sum(kinds))
    attention, why_attention = placement.pick_attention(spec.attention, config)
    options = _packing(spec.dtype, dtype)
    if device.type == "cuda" and device.index is None and torch.cuda.device_count() > 1:
        need = placement.weight_bytes(spec.dtype, dtype, *kinds)
        place = placement.spread(need, free := placement.free_per_gpu())
        device = torch.device("cuda", place or 0)
        if place is None:
            options["device_map"] = "auto"
            why_device = f"{why_device}; spread over {len(free)} of them, one is too small"
    if options:
        options.setdefault("device_map", {"": str(device)})
    model = _weights(spec.name, folder, dtype, attention, options)
    if not options:
        model = model.to(device)
    if spec.dtype in placement.PACKED:
        digest = derived_digest(digest, spec.dtype)
    why = {"device": why_device, "dtype": why_dtype, "attention": why_attention}
    if note := gguf_file.source_note(folder):
        why["weights"] = f"dequantised exactly from {note['quantisation']} ({note['file']})"
    return make_host(spec.title, model, _tokenizer(folder), digest, why=why, revision=revision)


def _packing(wanted: str, dtype: torch.dtype) -> dict[str, Any]:
    """What transformers needs in order to pack weights while it loads them; nothing for plain
    ones."""
    if wanted not in placement.PACKED:
        return {}
    from transformers import BitsAndBytesConfig

    if wanted == "int8":
        return {"quantization_config": BitsAndBytesConfig(load_in_8bit=True)}
    four = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
    )
    return {"quantization_config": four}


def _weights(
    name: str, folder: Path, dtype: torch.dtype, attention: str, options: dict[str, Any]
) -> Any:
    disable_progress_bar()
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            attn_implementation=attention,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            **options,
        )
    except Exception as error:
        raise ModelUnavailable(
            say("error.loader.cannot_loaded_its_weights", name=name, error=_short(error))
        ) from error
    model, report = loaded
    missing = sorted(report.get("missing_keys") or [])
    if missing:
        raise ModelUnavailable(
            say(
                "error.loader.damaged_weights_missing_example",
                name=name,
                n=len(missing),
                missing=missing[0],
            )
        )
    return model


def _tokenizer(folder: Path) -> Any | None:
    has = any(
        (folder / file).is_file() for file in ("tokenizer.json", "tokenizer.model", "vocab.json")
    )
    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False) if has else None


def _require_causal(name: str, config: Any) -> None:
    architectures = config.architectures or []
    causal = (
        any(a.endswith(("ForCausalLM", "LMHeadModel")) for a in architectures) or not architectures
    )
    if config.is_encoder_decoder or not causal:
        found = ", ".join(architectures) or "an encoder-decoder"
        raise ModelUnavailable(
            say("error.loader.not_causal_language_model", name=name, found=found)
        )
    layers_with_state(name, config.get_text_config(decoder=True))


def _checked_digest(folder: Path) -> str:
    card = folder / "card.json"
    stated = json.loads(card.read_text(encoding="utf-8")).get("digest") if card.is_file() else None
    if stated and stated != (found := weights_digest(folder)):
        raise ModelUnavailable(
            say(
                "error.loader.damaged_was_changed_its",
                name=folder.name,
                stated=stated[:12],
                found=found[:12],
            )
        )
    return folder_digest(folder)


def _interpolated(spec: ModelSpec, get: Callable[[ModelSpec], Host]) -> Host:
    from lab.models import twins

    def end(name: str) -> Host:
        return get(ModelSpec(name, dtype=spec.dtype, device=spec.device, attention=spec.attention))

    a, b = end(spec.name), end(str(spec.other))
    model: Any = twins.interpolate(a.model, b.model, spec.alpha)
    digest = (
        derived_digest(a.digest + b.digest, f"theta@{spec.alpha:g}") if 0 < spec.alpha < 1 else ""
    )
    digest = digest or (a.digest if spec.alpha == 0 else b.digest)
    return make_host(spec.title, model.to(a.device), a.tokenizer, digest, why=dict(a.why))


def _twin(spec: ModelSpec, get: Callable[[ModelSpec], Host]) -> Host:
    from lab.models import twins

    base = get(ModelSpec(spec.name, spec.revision, spec.dtype, spec.device, spec.attention))
    model: Any
    model, tokenizer, facts = twins.make_twin(str(spec.twin), base.model, base.tokenizer)
    digest = derived_digest(base.digest, str(spec.twin))
    return make_host(
        spec.title, model.to(base.device), tokenizer, digest, why=dict(base.why), twin=facts
    )


# -- the hub


def _download(spec: ModelSpec) -> Path:
    from huggingface_hub import snapshot_download

    options: dict[str, Any] = {"revision": spec.revision, "allow_patterns": WEIGHT_PATTERNS}
    try:
        return Path(snapshot_download(spec.name, local_files_only=True, **options))
    except Exception:  # noqa: BLE001 - whatever the reason, it is not complete on this machine: ask the hub
        try:
            return Path(snapshot_download(spec.name, **options))
        except Exception as error:
            raise hub_error(spec.name, error) from error


def _hub_params(spec: ModelSpec) -> int:
    from huggingface_hub import HfApi, snapshot_download

    try:
        folder = Path(snapshot_download(spec.name, revision=spec.revision, local_files_only=True))
        if count := placement.count_params(folder):
            return count
    except Exception:  # noqa: BLE001 - not on this machine: ask the hub
        pass
    try:
        info = HfApi().model_info(
            spec.name, revision=spec.revision, files_metadata=True, timeout=20
        )
    except Exception as error:
        raise hub_error(spec.name, error) from error
    if info.safetensors is not None:
        return int(info.safetensors.total)
    sizes = [f.size or 0 for f in info.siblings or [] if f.rfilename.endswith(".safetensors")]
    return sum(sizes) // 2


def hub_error(name: str, error: Exception) -> ModelUnavailable:
    """The sentence for a model that could not be had from the hub.

    Args:
        name: of the model, as the user wrote it.
        error: what the hub's client raised.
    """
    return ModelUnavailable(hub_sentence(name, kinds_of(error)))


def _short(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
