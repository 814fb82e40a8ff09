"""Train one member of the zoo: its phases one after the other, with checkpoints, resume and a log.

The model runs under bf16 autocast and, if asked, compiled layer by layer; weights, loss and latent
vectors stay fp32. Matrices inside the layers are optimised by Muon, everything else by AdamW. Knows
nothing of what the texts mean.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from lab.errors import BadInput
from lab.models.host import Model
from lab.zoo.documents import Layout
from lab.zoo.networks import build_model, load_model, save_model
from lab.zoo.recipes import RECIPE_VERSION, Phase, Recipe
from lab.zoo.stream import Stream, TrainingBatch, stage
from lab.zoo.tokenizer import TextCoder, build_tokenizer
from lab.zoo.unrolling import unroll

CHECKPOINT_SECONDS = 120
WARM_UP_STEPS = 20


@dataclass(frozen=True)
class TrainingSettings:
    """How to run, as opposed to what to train."""

    work: Path
    """Checkpoints, logs and phase snapshots go to ``work/NAME``."""
    models: Path
    """Where parents are found: ``models/NAME``."""
    scale: float = 1.0
    """Multiplies the tokens of every phase."""
    minutes: float | None = None
    """Wall-clock budget instead of tokens, shared among the phases in proportion to their
    tokens."""
    compile: bool = True
    precision: str = "bf16"
    device: str = "cpu"
    monitor: Callable[[Model, TextCoder, Recipe], dict[str, float]] | None = None
    monitor_seconds: float = 240.0


class Trainer:
    """One training run of one recipe."""

    def __init__(self, recipe: Recipe, settings: TrainingSettings) -> None:
        self.recipe, self.settings = recipe, settings
        self.folder = settings.work / recipe.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tokenizer = build_tokenizer(recipe.tokenizer)
        self.layout = Layout(self.tokenizer)
        self.model = self._start_model().to(settings.device).train()
        self.teacher = self._teacher()
        if settings.compile:
            torch._dynamo.config.recompile_limit = 64
            for layer in self.model.model.layers:
                layer.compile(dynamic=False)
        self.optimizers = _optimizers(self.model)
        self.phase_index, self.step, self.tokens, self.seconds = 0, 0, 0, 0.0
        self.phase_tokens, self.phase_seconds = 0, 0.0
        self.stream = self.new_stream()
        self._losses: list[float] = []

    # -- running

    def run(self, stop_after_steps: int | None = None) -> None:
        """Train to the end of the last phase, or for so many steps."""
        last_save = last_look = time.monotonic()
        done = 0
        while self.phase_index < len(self.recipe.phases):
            if stop_after_steps is not None and done >= stop_after_steps:
                return
            started = time.monotonic()
            self._losses.append(self.train_step(self.stream.next(self.progress)))
            done += 1
            spent = time.monotonic() - started
            self.seconds += spent
            self.phase_seconds += spent
            now = time.monotonic()
            if self.step % 100 == 0:
                self._log({"loss": sum(self._losses[-100:]) / len(self._losses[-100:])})
            if self.settings.monitor and now - last_look > self.settings.monitor_seconds:
                self._look()
                last_look = time.monotonic()
            if self.progress >= 1.0:
                self._end_phase()
                last_look = time.monotonic()
            if now - last_save > CHECKPOINT_SECONDS:
                self.save_checkpoint()
                last_save = now

    def new_stream(self) -> Stream:
        """The texts of the running phase, from its first one on."""
        return Stream(self.recipe, self.phase, self.layout)

    @property
    def phase(self) -> Phase:
        """The phase that is running."""
        return self.recipe.phases[min(self.phase_index, len(self.recipe.phases) - 1)]

    @property
    def progress(self) -> float:
        """Share of the running phase that is done, by tokens, or by the clock if minutes were
        given."""
        if self.settings.minutes is None:
            return min(1.0, self.phase_tokens / (self.phase.tokens * self.settings.scale))
        share = self.phase.tokens / sum(phase.tokens for phase in self.recipe.phases)
        return min(1.0, self.phase_seconds / (60 * self.settings.minutes * share))

    def train_step(self, batch: TrainingBatch) -> float:
        """One optimiser step; returns the mean loss in nats per weighted target."""
        self._set_rates()
        rng = random.Random(f"{self.recipe.seed}/{self.step}")
        loss = self.loss(batch, rng)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        self.tokens += batch.tokens
        self.phase_tokens += batch.tokens
        return float(loss.detach())

    def loss(self, batch: TrainingBatch, rng: random.Random) -> Tensor:
        """Weighted cross-entropy of a batch, (); latent positions are filled by Jacobi passes
        first."""
        device = self.settings.device
        inputs, targets = batch.inputs.to(device), batch.targets.to(device)
        weights, latent = batch.weights.to(device), batch.latent.to(device)
        embeds = self.model.get_input_embeddings()(inputs)  # (B, T, D)
        passes = (
            rng.randint(0, stage(self.phase.passes, self.progress)) if batch.latent.any() else 0
        )
        kind = rng.choices(list(self.phase.alignments), list(self.phase.alignments.values()))[0]
        embeds = unroll(
            self.model, embeds, latent, batch.source.to(device), passes, kind, self.autocast()
        )
        with self.autocast():
            out = self.model.model(
                inputs_embeds=embeds, use_cache=False, output_hidden_states=self.teacher is not None
            )
        rows = weights > 0
        logits = functional.linear(
            out.last_hidden_state[rows].float(), self.model.get_output_embeddings().weight
        )
        each = functional.cross_entropy(logits, targets[rows], reduction="none")
        total = (each * weights[rows]).sum() / weights[rows].sum()
        return (
            total
            if self.teacher is None
            else total + self._mismatch(embeds, inputs, out.hidden_states)
        )

    def autocast(self) -> torch.autocast:
        """The mixed-precision context of the run."""
        return torch.autocast(
            self.settings.device, torch.bfloat16, enabled=self.settings.precision == "bf16"
        )

    # -- checkpoints

    def save_checkpoint(self) -> Path:
        """Write everything needed to continue, atomically."""
        path = self.folder / "checkpoint.pt"
        state = {
            "version": RECIPE_VERSION,
            "recipe": self.recipe.to_dict(),
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "stream": self.stream.state(),
            "counters": (
                self.phase_index,
                self.step,
                self.tokens,
                self.seconds,
                self.phase_tokens,
                self.phase_seconds,
            ),
        }
        torch.save(state, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)
        return path

    def resume(self) -> None:
        """Continue from the last checkpoint, also where the recipe has gained phases after the one
        it stands in.

        Raises:
            BadInput: if there is none, or it belongs to another recipe.
        """
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            raise BadInput(
                f"No checkpoint at {path}: expected one to resume from; start without --resume."
            )
        state = torch.load(path, map_location=self.settings.device, weights_only=False)
        if state["version"] != RECIPE_VERSION or not _continues(
            self.recipe.to_dict(), state["recipe"]
        ):
            raise BadInput(
                f"The checkpoint {path} was made by another recipe (version {state['version']}, "
                "expected "
                f"{RECIPE_VERSION} with the same settings); delete it and train anew."
            )
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        (
            self.phase_index,
            self.step,
            self.tokens,
            self.seconds,
            self.phase_tokens,
            self.phase_seconds,
        ) = state["counters"]
        self.stream = self.new_stream()
        if self.phase_tokens:
            self.stream.load(state["stream"])

    def export(self, folder: Path) -> None:
        """Write the model in Hugging Face format."""
        save_model(self.model, self.tokenizer, folder)

    # -- inside

    def _start_model(self) -> Model:
        recipe, models = self.recipe, self.settings.models
        model = build_model(recipe.arch, self.tokenizer, recipe.seed)
        if recipe.parent:
            own, given = model.state_dict(), load_model(models / recipe.parent).state_dict()
            model.load_state_dict(
                {key: given[key] if given[key].shape == own[key].shape else own[key] for key in own}
            )
        if recipe.embed_from:
            source = load_model(models / recipe.embed_from)
            model.get_input_embeddings().weight.data.copy_(
                source.get_input_embeddings().weight.data
            )
            model.get_input_embeddings().weight.requires_grad_(False)
        return model

    def _teacher(self) -> Model:
        if not self.recipe.match:
            return None
        return (
            load_model(self.settings.models / self.recipe.match)
            .to(self.settings.device)
            .requires_grad_(False)
            .eval()
        )

    def _mismatch(self, embeds: Tensor, inputs: Tensor, states: tuple[Tensor, ...]) -> Tensor:
        """Mean squared distance of all layers' states to the teacher's, relative to the teacher's
        variance, ()."""
        with torch.no_grad(), self.autocast():
            wanted = self.teacher.model(
                inputs_embeds=embeds.detach(), use_cache=False, output_hidden_states=True
            )
        real = inputs != self.tokenizer.pad_token_id
        total = torch.zeros((), device=embeds.device)
        for mine, theirs in zip(states[1:], wanted.hidden_states[1:], strict=True):
            goal = theirs[real].float()
            total = total + (mine[real].float() - goal).square().mean() / goal.var().clamp_min(1e-6)
        return total / len(states[1:])

    def _set_rates(self) -> None:
        phase = self.phase
        decay = max(0.0, (self.progress - 0.3) / 0.7)
        rate = phase.lr + (phase.lr_end - phase.lr) * decay
        rate *= min(1.0, (self.step + 1) / WARM_UP_STEPS)
        for optimizer, share in zip(self.optimizers, (1.0, 0.67), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * share

    def _end_phase(self) -> None:
        self._look()
        self.export(self.folder / self.phase.name)
        (self.folder / self.phase.name / "training.json").write_text(json.dumps(self.counts()))
        self.phase_index += 1
        self.phase_tokens, self.phase_seconds = 0, 0.0
        if self.phase_index < len(self.recipe.phases):
            self.stream = self.new_stream()
        self.save_checkpoint()

    def counts(self) -> dict[str, float]:
        """Steps, tokens and seconds so far."""
        return {"steps": self.step, "tokens": self.tokens, "seconds": round(self.seconds)}

    def _look(self) -> None:
        if self.settings.monitor:
            self.model.eval()
            with torch.compiler.set_stance("force_eager"):
                self._log(self.settings.monitor(self.model, self.tokenizer, self.recipe))
            self.model.train()
            self.export(self.folder / "latest")

    def _log(self, figures: dict[str, float]) -> None:
        entry = {"phase": self.phase.name, "progress": round(self.progress, 3), **self.counts()}
        entry["tokens_per_second"] = round(self.tokens / max(self.seconds, 1e-9))
        line = json.dumps({**entry, **{key: round(value, 4) for key, value in figures.items()}})
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(line + "\n")
        print(self.recipe.name, line, flush=True)


def _continues(recipe: dict[str, Any], older: dict[str, Any]) -> bool:
    """Whether ``recipe`` is ``older``, or ``older`` with further phases behind its last one."""
    done = len(older["phases"])
    return {**recipe, "phases": recipe["phases"][:done]} == older


def _optimizers(model: Model) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    inner = [p for name, p in model.named_parameters() if p.ndim == 2 and ".layers." in name]
    chosen = {id(p) for p in inner}
    rest = [p for p in model.parameters() if p.requires_grad and id(p) not in chosen]
    muon = torch.optim.Muon(
        inner, lr=3e-3, momentum=0.95, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
    )
    return muon, torch.optim.AdamW(rest, lr=2e-3, betas=(0.9, 0.95), weight_decay=0.0)
