"""`styles render`: the pictures on the style cards, made by the model that is here."""

from argparse import Namespace

from ..events import Event, PictureReady
from ..recipe import ImageRequest
from ..settings import Settings
from ..studio import Studio
from ..thinking.styles import chosen
from .generate import finish
from .progress import JsonLines, Reporter, Terminal

CARD_PROMPT = "a red house on a meadow"
CARD_SEED = 7


class _KeepingCards:
    """Passes events on, and makes each finished picture a card."""

    def __init__(self, studio: Studio, reporter: Reporter) -> None:
        self._studio = studio
        self._reporter = reporter

    def tell(self, job_id: str, event: Event) -> None:
        self._reporter.tell(job_id, event)
        if isinstance(event, PictureReady):
            self._studio.stock.keep_style_card(event.picture)


def render(settings: Settings, arguments: Namespace) -> int:
    """Renders the named styles, or those without a card, or with --all every one, as one job."""
    studio = Studio(settings)
    styles = chosen(arguments.names, studio.stock.styles) or tuple(studio.stock.styles.values())
    if not arguments.names and not arguments.all:
        styles = tuple(style for style in styles if studio.stock.style_card(style.name) is None)
    if not styles:
        print("Every style has its card already. --all renders them again.")
        return 0
    requests = [
        ImageRequest(prompt=CARD_PROMPT, styles=(style.name,), seed=CARD_SEED) for style in styles
    ]
    recipes = [studio.plan(request)[0] for request in requests]
    job_id = studio.start_recipes(requests[0], recipes)
    reporter = JsonLines() if arguments.json else Terminal()
    return finish(studio, [job_id], _KeepingCards(studio, reporter))
