"""``python -m lab.models.gguf_convert FILE FOLDER``: a GGUF file's weights as float32 safetensors.

The work of `lab.models.gguf_file.convert`, in a process of its own. Its last line on standard error
says what went wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def main(path: Path, folder: Path) -> None:
    """Dequantise exactly and save weights, config and tokenizer.

    Args:
        path: the GGUF file.
        folder: where the model is put.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source, file = str(path.parent), path.name
    model: Any = AutoModelForCausalLM.from_pretrained(
        source,
        gguf_file=file,
        quantization_config=GgufConfig(dequantize=True),
        trust_remote_code=False,
    )
    model.save_pretrained(folder, max_shard_size="4GB")
    AutoTokenizer.from_pretrained(source, gguf_file=file).save_pretrained(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
