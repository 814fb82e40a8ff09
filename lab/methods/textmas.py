"""TextMAS: the same chain of agents as LatentMAS, but every agent reads what the earlier ones wrote
as text.

Source: the text baseline of LatentMAS, arXiv 2511.20639, section 4. Every agent starts with a cache
of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lab.engine.decode import generate_text
from lab.events import Event
from lab.methods.lane import Lane, Utterance
from lab.methods.lane_context import Context
from lab.methods.lane_speech import speak
from lab.models.host import Host
from lab.plan import Decoding, TextMASLane
from lab.roster import AgentCard, lane_cards
from lab.words import say


class TextChain:
    """What the agents of a chain have said so far, for some questions side by side: the lane has
    one question, the ability table of the pocket models has many.

    Args:
        questions: how many.
    """

    def __init__(self, questions: int = 1) -> None:
        self._said: list[dict[str, tuple[str, str]]] = [{} for _ in range(questions)]

    def heard(self, agent: AgentCard) -> list[list[tuple[str, str]]]:
        """Per question the (role, text) of everyone whom the agent reads, in order.

        Args:
            agent: the one whose turn it is.
        """
        return [[said[source] for source in agent.reads] for said in self._said]

    def said(self, agent: AgentCard, texts: Sequence[str]) -> None:
        """Keep an agent's words.

        Args:
            agent: who spoke.
            texts: one per question.
        """
        for said, text in zip(self._said, texts, strict=True):
            said[agent.name] = (agent.role, text.strip())


def talk_through(
    host: Host,
    cards: Sequence[AgentCard],
    prompt_of: Callable[[AgentCard, int, list[tuple[str, str]]], list[int]],
    decoding: Decoding,
    questions: int,
) -> list[str]:
    """What the last agent of a chain says to many questions at once.

    Args:
        cards: the agents in order.
        prompt_of: token ids of an agent's prompt to the question of a number, given what it heard
            as (role, text).
        decoding: how all of them speak.
        questions: how many.
    """
    chain, texts = TextChain(questions), [""] * questions
    for card in cards:
        prompts = [prompt_of(card, i, heard) for i, heard in enumerate(chain.heard(card))]
        texts = generate_text(host, prompts, decodings=decoding).texts
        chain.said(card, texts)
    return texts


def run(lane_id: str, plan: TextMASLane, ctx: Context) -> Iterator[Event]:
    """Agent after agent: a fresh prompt with everything heard so far, then words."""
    lane = Lane(lane_id, ctx)
    yield lane.started(
        plan.method,
        plan.title,
        plan.host,
        say("said.methods.textmas"),
    )
    chain = TextChain()
    answer = Utterance("")
    for agent in lane_cards(plan, lane_id, ctx.problem.facts_for):
        [heard] = chain.heard(agent)
        for source, (_, text) in zip(agent.reads, heard, strict=True):
            yield lane.hand_over_text(source, agent.name, text)
        messages = lane.messages(agent, heard=heard)
        answer = yield from speak(lane, agent, messages, plan.decoding)
        chain.said(agent, [answer.text])
    yield lane.finished(answer)
