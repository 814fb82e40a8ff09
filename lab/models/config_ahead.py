"""What a model's config alone says about its memory, before anything is loaded."""

from __future__ import annotations

from lab.errors import LabError
from lab.models.host_probe import layers_with_state
from lab.models.spec import find_local, is_pocket, parse_spec


def states_ahead(name: str) -> tuple[str, tuple[str, ...]]:
    """The type of a model and its kinds of layers with a running state.

    Args:
        name: as people write it; a model that is not on this machine, or cannot be read, has
            none.
    """
    from transformers import AutoConfig

    try:
        spec = parse_spec(name)
        folder = None if is_pocket(spec) else find_local(spec.name)
        if folder is None or folder.is_file():
            return "", ()
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        text = config.get_text_config(decoder=True)
        return text.model_type, layers_with_state(name, text)
    except (LabError, OSError, ValueError, KeyError):
        return "", ()
