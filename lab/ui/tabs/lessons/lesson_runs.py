"""Live measurements of scenes: one at a time for each scene and round, shared by everybody who
wants the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from lab.errors import LabError
from lab.lessons import Scene
from lab.lessons.lesson_live import FIRST_SEED, PROBLEMS, LiveScene, measure_scene
from lab.service import Job
from lab.ui.frame.context import Ctx
from lab.ui.frame.waiting import POLL, person, place_sentence
from lab.words import say

KEPT = 200
Key = tuple[str, int]
"""``LESSON/SCENE``, and the round: each round takes other problems."""


class SceneRuns:
    """What was measured of scenes since the server started."""

    def __init__(self) -> None:
        self._found: OrderedDict[Key, LiveScene] = OrderedDict()
        self._jobs: dict[Key, Job] = {}
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
        """Have a scene measured, or wait for those who have the same measured; yields where it
        stands.

        Args:
            key: ``LESSON/SCENE``.
            turn: the round, from 1.
            scene: which.

        Raises:
            LabError: what went wrong.
        """
        if self.get(key, turn) is not None:
            return
        job = self._job(ctx, (key, turn), scene)
        told = ""
        while not job.wait(POLL):
            share = job.progress[0]
            line = place_sentence(ctx.service, job) or say(
                "said.lesson.working", n=PROBLEMS, share=f"{share:.0%}"
            )
            if line != told:
                told = line
                yield line
        if job.state != "finished":
            raise LabError(job.message)
        self._keep((key, turn), job.result)

    def _job(self, ctx: Ctx, at: Key, scene: Scene) -> Job:
        with self._lock:
            running = self._jobs.get(at)
            if running is not None and not running.over:
                return running
            seed = FIRST_SEED * at[1]

            def work(progress: Any, _cancelled: threading.Event) -> LiveScene:
                return measure_scene(scene, ctx.service.pool.get, seed=seed, progress=progress)

            self._jobs = {key: job for key, job in self._jobs.items() if not job.over}
            job: Job = ctx.service.submit_task(f"lesson: {at[0]}", work, person())
            self._jobs[at] = job
            return job

    def _keep(self, at: Key, found: LiveScene) -> None:
        with self._lock:
            self._found[at] = found
            while len(self._found) > KEPT:
                self._found.popitem(last=False)
