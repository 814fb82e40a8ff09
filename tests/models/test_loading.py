"""Names become specs, specs become hosts, and everything that is wrong becomes one sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel, T5Config

from lab.errors import BadInput, ModelUnavailable
from lab.models.cpu_speed import cpu_dtype
from lab.models.digest import weights_digest
from lab.models.display import visible
from lab.models.host import default_template, make_host
from lab.models.loader import hub_error
from lab.models.placement import pick_device, pick_dtype
from lab.models.pool import HostPool, available_models
from lab.models.spec import ModelSpec, parse_spec
from tests.tiny_pocket import make_pockets


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LATENT_LAB_MODELS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return make_pockets(tmp_path, "pocket-base", "pocket-reseed")


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("pocket-base", ModelSpec("pocket-base")),
        ("pocket-gauge", ModelSpec("pocket-base", twin="gauge")),
        ("pocket-wide:int4", ModelSpec("pocket-wide", twin="int4")),
        ("Qwen/Qwen3-0.6B@abc", ModelSpec("Qwen/Qwen3-0.6B", revision="abc")),
        ("Qwen/Qwen3-14B:4bit", ModelSpec("Qwen/Qwen3-14B", dtype="int4")),
        ("Qwen/Qwen3-4B@a:8bit", ModelSpec("Qwen/Qwen3-4B", revision="a", dtype="int8")),
        ("pocket-base:int8:bfloat16", ModelSpec("pocket-base", twin="int8", dtype="bfloat16")),
        (
            "pocket-base~pocket-reseed@0.3",
            ModelSpec("pocket-base", other="pocket-reseed", alpha=0.3),
        ),
    ],
)
def test_names(text: str, spec: ModelSpec) -> None:
    assert parse_spec(text) == spec and parse_spec(spec.title) == spec


@pytest.mark.parametrize("text", ["", "a~b", "a~b@2", "a~b@x"])
def test_names_that_cannot_be_read(text: str) -> None:
    with pytest.raises(BadInput):
        parse_spec(text)


@pytest.mark.usefixtures("root")
def test_agents_share_a_host_and_its_info_is_plain_data() -> None:
    pool = HostPool()
    host = pool.get("pocket-base")
    assert pool.get(ModelSpec("pocket-base")) is host
    info = pool.loaded()[0]
    assert json.loads(json.dumps(info)) == info
    assert info["tied"] and info["template"] == "own" and info["why"]["device"]
    assert host.embed_norm == pytest.approx(
        float(host.model.model.embed_tokens.weight.norm(dim=-1).mean())
    )


@pytest.mark.usefixtures("root")
def test_available_models_are_listed_without_loading() -> None:
    found = {m["name"]: m for m in available_models()}
    assert found["pocket-base"]["n_layers"] == 2 and found["pocket-base"]["d_model"] == 32
    assert found["pocket-base"]["params"] > 10_000


@pytest.mark.usefixtures("root")
def test_budget_drops_the_least_recently_used() -> None:
    size = HostPool().get("pocket-base").n_bytes
    pool = HostPool(budget_bytes=int(1.5 * size))
    first = pool.get("pocket-base")
    pool.get("pocket-reseed")
    assert [m["name"] for m in pool.loaded()] == ["pocket-reseed"]
    assert pool.get("pocket-base") is not first
    with pytest.raises(ModelUnavailable, match="too large: expected at most"):
        HostPool(budget_bytes=size // 2).get("pocket-base")


@pytest.mark.usefixtures("root")
def test_twins_and_the_dial() -> None:
    pool = HostPool()
    base = pool.get("pocket-base")
    ids = torch.tensor([[5, 6, 7, 8]])
    gauge = pool.get("pocket-gauge")
    torch.testing.assert_close(
        gauge.model(ids).logits, base.model(ids).logits, atol=1e-4, rtol=1e-4
    )
    assert gauge.digest != base.digest and not gauge.tied
    assert pool.get("pocket-base~pocket-reseed@0").digest == base.digest
    half = pool.get("pocket-base~pocket-reseed@0.5")
    assert half.digest not in (base.digest, pool.get("pocket-reseed").digest)
    assert pool.get("pocket-base:int8").digest != base.digest


@pytest.mark.usefixtures("root")
def test_render_and_text_round_trip() -> None:
    host = HostPool().get("pocket-base")
    ids = host.render([{"role": "user", "content": "The red box has 9 coins."}])
    assert host.tokenizer.decode(ids) == "<user> The red box has 9 coins.<agent>"
    assert "".join(host.token_texts(ids[1:-1])) == " The red box has 9 coins."
    assert host.text(ids).strip() == "The red box has 9 coins."


def test_tokens_are_shown_harmlessly() -> None:
    assert visible("a\n\tb") == "a⏎⇥b" and visible("\x07") == "␇"
    assert visible("\u202eevil") == "⟨202E⟩evil" and visible("${x}<b>`") == "${x}<b>`"


def test_the_default_template_is_role_and_text() -> None:
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]
    assert default_template(messages) == "System: Be kind.\nUser: Hi\nAssistant:"


def damaged(root: Path, name: str) -> Path:
    return Path(shutil.copytree(root / "pocket-base", root / name))


def test_what_is_missing_or_damaged_is_told(root: Path, tmp_path: Path) -> None:
    pool = HostPool()
    with pytest.raises(
        ModelUnavailable, match="pocket-nobody is not on this machine: expected one of pocket-base"
    ):
        pool.get("pocket-nobody")
    with pytest.raises(ModelUnavailable, match="There is no folder"):
        pool.get("/nowhere/model")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelUnavailable, match=r"expected a folder with config\.json"):
        pool.get(str(tmp_path / "empty"))
    (damaged(root, "pocket-bare") / "model.safetensors").unlink()
    with pytest.raises(ModelUnavailable, match="no safetensors weights"):
        pool.get("pocket-bare")
    cut = damaged(root, "pocket-cut") / "model.safetensors"
    cut.write_bytes(cut.read_bytes()[:-1000])
    with pytest.raises(ModelUnavailable, match="cannot be loaded: its weights are damaged"):
        pool.get("pocket-cut")


def test_digest_of_the_card_is_checked(root: Path) -> None:
    folder = damaged(root, "pocket-card")
    (folder / "card.json").write_text(json.dumps({"digest": weights_digest(folder)}))
    HostPool().get("pocket-card")
    weights = load_file(folder / "model.safetensors")
    weights["model.norm.weight"][0] += 1
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelUnavailable, match="its card states digest"):
        HostPool().get("pocket-card")


def test_missing_weights_are_named(root: Path) -> None:
    folder = damaged(root, "pocket-holes")
    weights = load_file(folder / "model.safetensors")
    weights.pop("model.norm.weight")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        ModelUnavailable, match=r"weights are missing, for example model\.norm\.weight"
    ):
        HostPool().get("pocket-holes")


def test_models_of_another_kind_are_refused(root: Path, tmp_path: Path) -> None:
    shape = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    BertModel(BertConfig(vocab_size=50, **shape)).save_pretrained(tmp_path / "bert")
    with pytest.raises(
        ModelUnavailable, match="not a causal language model: expected …ForCausalLM, got BertModel"
    ):
        HostPool().get(str(tmp_path / "bert"))
    folder = damaged(root, "t5")
    T5Config(d_model=16, num_layers=1).save_pretrained(folder)
    with pytest.raises(ModelUnavailable, match="not a causal language model"):
        HostPool().get("t5")


def test_hub_troubles_are_told() -> None:
    from huggingface_hub import errors

    for kind, words in (
        ("GatedRepoError", "is gated"),
        ("RepositoryNotFoundError", "not a pocket model"),
    ):
        error = getattr(errors, kind).__new__(getattr(errors, kind))
        assert words in str(hub_error("org/model", error))
    assert "hub could not be reached" in str(hub_error("org/model", ConnectionError()))
    with pytest.raises(ModelUnavailable, match="org/model"):
        HostPool().get("org/model-that-is-not-cached")


def test_devices_and_dtypes_have_reasons() -> None:
    assert pick_device("cpu")[1] == "asked for" and pick_device("auto")[1]
    assert pick_dtype("auto", torch.device("cpu"), 10**6)[0] == torch.float32
    assert pick_dtype("auto", torch.device("cpu"), 10**9) == cpu_dtype()
    assert pick_dtype("bfloat16", torch.device("cpu"), 1)[0] == torch.bfloat16
    with pytest.raises(BadInput, match="expected auto, float32"):
        pick_dtype("int3", torch.device("cpu"), 1)
    with pytest.raises(BadInput, match="not on this machine"):
        pick_device("tpu")


@pytest.mark.usefixtures("root")
def test_an_architecture_that_cannot_be_opened_up_is_refused() -> None:
    """A model that does something of its own after its head is noticed when it is loaded, not in a
    wrong lens."""
    model = HostPool().get("pocket-base").model
    forward = model.forward

    def odd(*args: object, **kwargs: object) -> object:
        out = forward(*args, **kwargs)
        out.logits = out.logits.flip(-1)
        return out

    model.forward = odd
    with pytest.raises(
        ModelUnavailable, match="does something between its last layer and its words"
    ):
        make_host("odd", model)
