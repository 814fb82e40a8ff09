"""Training: latents by Jacobi passes equal the step-by-step rollout, the loss falls, and a resumed
run is bit-equal.
"""

import copy
import dataclasses
import json
import random

import pytest
import torch

from lab.engine.align import Aligned, align_latent_to_embed
from lab.engine.rollout import Thinking, generate_latent
from lab.errors import BadInput
from lab.models.host import make_host
from lab.worlds.almanac import known_facts
from lab.zoo.documents import Layout
from lab.zoo.monitor import quick_look
from lab.zoo.networks import build_model, load_model, save_model
from lab.zoo.recipes import FAMILY, Architecture, Phase, Recipe, recipe_for
from lab.zoo.skills import SKILLS, Lesson
from lab.zoo.stream import Stream, collate, stage
from lab.zoo.tokenizer import build_tokenizer
from lab.zoo.trainer import Trainer, TrainingSettings
from lab.zoo.unrolling import align, unroll

TINY = Architecture(width=32, layers=2, heads=2, kv_heads=1, head_dim=16, inner=64)
RECIPE = Recipe(
    "tiny",
    "size",
    seed=5,
    arch=TINY,
    phases=(
        Phase("copy", 24_576, {"copy": 1.0}, batch_tokens=2048),
        Phase(
            "text", 40_960, {"plan": 1.0, "recall": 1.0}, depths=((1,), (1, 2)), batch_tokens=2048
        ),
        Phase("latent", 20_480, {"relay": 1.0}, 1.0, (1, 3), batch_tokens=2048),
    ),
)


def settings(tmp_path, **changes):
    plain = TrainingSettings(
        work=tmp_path / "work", models=tmp_path / "models", compile=False, precision="fp32"
    )
    return dataclasses.replace(plain, **changes)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def thinking_document(seed=3):
    layout = Layout(build_tokenizer())
    lesson = Lesson(random.Random(seed), (1,), (0,), known_facts(0))
    return layout, SKILLS["relay"](lesson)


@pytest.mark.parametrize("kind", ["identity", "softmax", "ridge"])
def test_enough_jacobi_passes_equal_the_rollout(kind):
    tokenizer = build_tokenizer()
    arch = dataclasses.replace(TINY, tied=False) if kind == "ridge" else TINY
    model = build_model(arch, tokenizer, seed=2).eval()
    layout, turns = thinking_document()
    doc = layout.lay_out(turns, random.Random(1))
    batch = collate([doc], len(doc), 1)
    embeds = model.get_input_embeddings()(batch.inputs)
    steps = sum(doc.latent)
    off = torch.autocast("cpu", enabled=False)
    filled = unroll(model, embeds, batch.latent, batch.source, steps, kind, off)
    host = make_host("in training", copy.deepcopy(model), tokenizer)
    prompt = host.render([{"role": "user", "content": turns[0].prompt}])
    fed = generate_latent(host, [prompt], Thinking(steps, feed=Aligned(kind))).fed[0]
    torch.testing.assert_close(filled[batch.latent], fed, atol=1e-4, rtol=1e-3)
    too_few = unroll(model, embeds, batch.latent, batch.source, steps // 2, kind, off)
    assert (too_few[batch.latent] - fed).abs().max() > 1e-3
    assert torch.equal(filled[~batch.latent], embeds[~batch.latent])


def test_framed_readers_get_the_thinkers_states():
    model = build_model(TINY, build_tokenizer(), seed=2).eval()
    layout, turns = thinking_document()
    doc = layout.lay_out_framed(turns, random.Random(1))
    batch = collate([doc], len(doc), 2)
    embeds = model.get_input_embeddings()(batch.inputs)
    off = torch.autocast("cpu", enabled=False)
    filled = unroll(model, embeds, batch.latent, batch.source, 4, "identity", off)
    assert torch.equal(filled[0][batch.latent[0]], filled[1][batch.latent[1]])


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kind", ["identity", "softmax", "ridge"])
def test_training_feeds_what_the_engine_feeds(kind, tied):
    tokenizer = build_tokenizer()
    model = build_model(dataclasses.replace(TINY, tied=tied), tokenizer, seed=2)
    hidden = torch.randn(3, TINY.width, generator=torch.Generator().manual_seed(0))
    host = make_host("in training", copy.deepcopy(model), tokenizer)
    torch.testing.assert_close(
        align(model, hidden, kind), align_latent_to_embed(hidden, host, kind)
    )
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(2)  # training goes on; the alignment must follow
    moved = align(model, hidden, kind)
    assert not torch.allclose(moved, align_latent_to_embed(hidden, host, kind), rtol=1e-2)


def test_training_from_scratch_lowers_the_loss_and_writes_a_loadable_model(tmp_path):
    longer = dataclasses.replace(
        RECIPE, phases=(dataclasses.replace(RECIPE.phases[1], tokens=2048 * 120),)
    )
    trainer = Trainer(longer, settings(tmp_path))
    losses = []
    while trainer.phase_index < 1:
        trainer.run(stop_after_steps=20)
        losses.append(sum(trainer._losses[-20:]) / 20)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.7 * losses[0]
    saved = load_model(tmp_path / "work" / "tiny" / "text")
    own = trainer.model.get_input_embeddings().weight
    torch.testing.assert_close(saved.get_input_embeddings().weight, own, atol=1e-3, rtol=1e-3)
    assert saved.config.eos_token_id == trainer.tokenizer.eos_token_id
    log = [
        json.loads(line)
        for line in (tmp_path / "work" / "tiny" / "log.jsonl").read_text().splitlines()
    ]
    assert [entry["steps"] for entry in log] == [100]


@pytest.mark.parametrize("stop", [7, 35])
def test_a_resumed_training_is_bit_equal(tmp_path, stop):
    """Interrupted in the first phase, and among the latent batches."""
    whole = Trainer(RECIPE, settings(tmp_path / "a"))
    whole.run(stop_after_steps=stop + 4)
    first = Trainer(RECIPE, settings(tmp_path / "b"))
    first.run(stop_after_steps=stop)
    first.save_checkpoint()
    second = Trainer(RECIPE, settings(tmp_path / "b"))
    second.resume()
    second.run(stop_after_steps=4)
    assert second.step == whole.step == stop + 4 and second.tokens == whole.tokens
    for key, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[key]), key


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path):
    trainer = Trainer(RECIPE, settings(tmp_path))
    with pytest.raises(BadInput, match="No checkpoint at"):
        trainer.resume()
    trainer.save_checkpoint()
    other = Trainer(dataclasses.replace(RECIPE, seed=6), settings(tmp_path))
    with pytest.raises(BadInput, match="was made by another recipe"):
        other.resume()


def test_a_finished_training_goes_on_where_its_recipe_gained_a_phase(tmp_path):
    short = dataclasses.replace(RECIPE, phases=RECIPE.phases[:1])
    first = Trainer(short, settings(tmp_path))
    first.run()
    assert first.phase_index == 1
    longer = Trainer(dataclasses.replace(RECIPE, phases=RECIPE.phases[:2]), settings(tmp_path))
    longer.resume()
    assert (
        longer.step == first.step
        and longer.phase.name == RECIPE.phases[1].name
        and longer.progress == 0.0
    )
    longer.run(stop_after_steps=2)
    assert longer.step == first.step + 2
    longer.save_checkpoint()
    with pytest.raises(BadInput, match="was made by another recipe"):
        Trainer(short, settings(tmp_path)).resume()


def test_parents_frozen_embeddings_and_teachers(tmp_path):
    Trainer(RECIPE, settings(tmp_path)).export(tmp_path / "models" / "tiny")
    child = dataclasses.replace(RECIPE, name="child", parent="tiny")
    start = Trainer(child, settings(tmp_path)).model.get_input_embeddings().weight
    source = load_model(tmp_path / "models" / "tiny").get_input_embeddings().weight
    assert torch.equal(start, source)
    frozen = dataclasses.replace(RECIPE, name="frozen", seed=9, embed_from="tiny", match="tiny")
    trainer = Trainer(frozen, settings(tmp_path))
    trainer.run(stop_after_steps=3)
    assert torch.equal(trainer.model.get_input_embeddings().weight, source)
    layer = trainer.model.model.layers[0].mlp.up_proj.weight
    assert not torch.allclose(
        layer, load_model(tmp_path / "models" / "tiny").model.layers[0].mlp.up_proj.weight
    )


def test_a_stream_depends_only_on_its_counter():
    layout = Layout(build_tokenizer())
    first = Stream(RECIPE, RECIPE.phases[2], layout)
    for _ in range(3):
        first.next(0.5)
    second = Stream(RECIPE, RECIPE.phases[2], layout)
    second.load(first.state())
    a, b = first.next(0.5), second.next(0.5)
    assert (
        torch.equal(a.inputs, b.inputs)
        and torch.equal(a.source, b.source)
        and torch.equal(a.latent, b.latent)
    )


def test_curricula_by_hand():
    assert [stage(("a", "b", "c"), p) for p in (0.0, 0.33, 0.34, 0.99, 1.0)] == [
        "a",
        "a",
        "b",
        "c",
        "c",
    ]


def test_the_monitor_reports_every_figure():
    tokenizer = build_tokenizer()
    model = build_model(TINY, tokenizer, 1)
    figures = quick_look(model, tokenizer, RECIPE, n=4)
    assert model.training and all(p.requires_grad for p in model.parameters())
    assert set(figures) == {
        "solo",
        "relay_heard",
        "relay_identity_34",
        "relay_softmax_34",
        "relay_identity_0",
        "recall_known",
    }
    assert all(0.0 <= value <= 1.0 for value in figures.values())


def test_every_recipe_names_only_skills_and_parents_that_exist():
    for recipe in FAMILY.values():
        assert all(set(phase.mix) <= {*SKILLS, "copy"} for phase in recipe.phases)
        assert {recipe.parent, recipe.embed_from, recipe.match} - {None} <= set(FAMILY)
    with pytest.raises(BadInput, match="No recipe for 'pocket-huge'"):
        recipe_for("pocket-huge")


def test_saving_rounds_to_half_precision_and_keeps_the_model_in_memory(tmp_path):
    tokenizer = build_tokenizer()
    model = build_model(dataclasses.replace(TINY, tied=False), tokenizer, seed=1)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    save_model(model, tokenizer, tmp_path)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    loaded = load_model(tmp_path).state_dict()
    assert all(torch.equal(before[key].half().float(), value) for key, value in loaded.items())
