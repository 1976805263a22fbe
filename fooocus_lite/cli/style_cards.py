"""`styles render` makes the pictures on the style cards; `styles sheet` tries a prompt in many."""

from argparse import Namespace
from random import Random

from ..events import Event, PictureReady
from ..recipe import ImageRequest, request_from
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
            self._studio.keep_style_card(event.picture)


def render(settings: Settings, arguments: Namespace) -> int:
    """Renders the named styles, or those without a card, or with --all every one, as one job.

    A card is kept as soon as it is done, so a second call goes on where the first was stopped.
    Unless they are named, styles that the model cannot show are left out.
    """
    studio = Studio(settings)
    names = _wanted(studio, arguments)
    if not names:
        print("Every style has its card already. --all renders them again.")
        return 0
    requests = [
        ImageRequest(prompt=CARD_PROMPT, styles=(name,), seed=CARD_SEED, aspect="1:1")
        for name in names
    ]
    recipes = [studio.orders.plan(request)[0] for request in requests]
    job_id = studio.orders.start_recipes(requests[0], recipes)
    reporter = JsonLines() if arguments.json else Terminal()
    return finish(studio, [job_id], _KeepingCards(studio, reporter))


def sheet(settings: Settings, arguments: Namespace) -> int:
    """One prompt and one seed in several styles: the given ones, or twelve that suit it."""
    values = {"prompt": " ".join(arguments.names), "seed": arguments.seed}
    studio = Studio(settings)
    job_id = studio.orders.start_sheet(request_from(values), arguments.style or ())
    return finish(studio, [job_id], JsonLines() if arguments.json else Terminal())


def _wanted(studio: Studio, arguments: Namespace) -> list[str]:
    stock = studio.stock
    if arguments.names:
        named = chosen(arguments.names, stock.styles, Random(CARD_SEED))
        return [style.name for style in named if style.is_wrapping]
    shown = stock.shown_styles(stock.preset_named().model)
    return [
        name
        for name, style in stock.styles.items()
        if style.is_wrapping
        and (shown is None or name in shown)
        and (arguments.all or stock.style_card(name) is None)
    ]
