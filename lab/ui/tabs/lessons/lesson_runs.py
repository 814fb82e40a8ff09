"""Live measurements of scenes: each round takes other problems, and what several people want at the
same time is measured once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lab.errors import LabError
from lab.lessons import Scene
from lab.lessons.lesson_live import FIRST_SEED, LiveScene, measure_scene, problems_of
from lab.ui.frame.context import Ctx
from lab.ui.frame.waiting import POLL, person, place_sentence
from lab.words import say

if TYPE_CHECKING:
    from lab.models.pool import HostPool

KEPT = 200


class SceneRuns:
    """What was measured of scenes since the server started, by ``LESSON/SCENE`` and round."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[str, int], LiveScene] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, turn: int) -> LiveScene | None:
        """What is known of a scene.

        Args:
            key: ``LESSON/SCENE``.
            turn: the round; 0 is none.
        """
        with self._lock:
            return self._found.get((key, turn))

    def measure(self, ctx: Ctx, key: str, turn: int, scene: Scene) -> Iterator[str]:
        """Have a scene measured, unless that was done; yields where it stands.

        Args:
            key: ``LESSON/SCENE``.
            turn: the round, from 1.
            scene: which.

        Raises:
            LabError: what went wrong.
        """
        if self.get(key, turn) is not None:
            return

        seed = FIRST_SEED * turn

        def work(pool: HostPool, progress: Any) -> LiveScene:
            return measure_scene(scene, pool.get, seed=seed, progress=progress)

        job = ctx.service.submit_work(f"lesson: {key}", work, person(), same=str(turn))
        told = ""
        try:
            while not job.wait(POLL):
                line = place_sentence(ctx.service, job) or say(
                    "said.lesson.working", n=problems_of(scene), share=f"{job.progress[0]:.0%}"
                )
                if line != told:
                    told = line
                    yield line
        finally:
            if not job.over:
                job.cancel()
        if job.state != "finished":
            raise LabError(job.message)
        with self._lock:
            self._found[key, turn] = job.result
            while len(self._found) > KEPT:
                self._found.popitem(last=False)
