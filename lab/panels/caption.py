"""The caption that travels with every figure: which run, which model, which versions, and what was
done.
"""

from __future__ import annotations

from lab.records import Record
from lab.words import say


def caption(record: Record, host: str | None = None, *sentences: str) -> str:
    """Plain text: run, models with revision and digest, seed, versions; then the figure's own
    sentences, a line each.

    Args:
        host: the model drawn; None names all models of the record.
    """
    hosts = record.meta.get("hosts", {})
    names = [host] if host else list(hosts)
    models = "; ".join(_model(name, hosts.get(name, {})) for name in names)
    versions = record.meta.get("versions", {})
    used = ", ".join(
        f"{k} {v}" for k, v in versions.items() if k in ("lab", "torch", "transformers")
    )
    seed = record.meta.get("plan", {}).get("seed", "–")
    first = say(
        "said.caption.run_seed",
        run_id=record.run_id,
        models=models,
        seed=seed,
        x=used or say("said.caption.versions_not_recorded"),
    )
    return "\n".join([first, *(s for s in sentences if s)])


def _model(name: str, info: dict[str, object]) -> str:
    revision = f"@{info['revision']}" if info.get("revision") else ""
    digest = str(info.get("digest", ""))[:12]
    kind = info.get("dtype")
    return f"{name}{revision} ({digest or 'no digest'}{f', {kind}' if kind else ''})"
