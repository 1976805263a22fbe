"""What people ask of the line: what would be made, a new job, another place for it, its end.

Every order is checked for whoever gives it. How jobs then stand is in `jobs.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from random import SystemRandom

from ..archive import moves
from ..archive.audit import Audit, Entry
from ..archive.database import Database
from ..archive.jobs import JobStore
from ..archive.moves import To
from ..archive.terms import Terms
from ..errors import BadRequest, LineFull, NotFound, TooMany
from ..gallery import Gallery
from ..reception.admission import priority_for, terms_for
from ..reception.hosts import visitor_for
from ..reception.rule_files import read_rules
from ..recipe import ImageRequest, Recipe
from ..settings import Settings
from ..supplies.listing import Listing
from ..supplies.stock import Stock
from ..thinking.forecast import Forecast
from ..thinking.pantry import Pantry
from ..thinking.prompt_list import in_line, only_first
from ..thinking.resolve import resolve
from ..thinking.rules import Rule
from ..thinking.sheet import sheet, styles_of
from ..visitor import LOCAL, Visitor
from .forecasts import Forecasts
from .jobs import owned


class Orders:
    """Takes orders for everybody. `wake` tells the lane that there is something new."""

    def __init__(
        self,
        settings: Settings,
        stock: Stock,
        gallery: Gallery,
        database: Database,
        store: JobStore,
        forecasts: Forecasts,
        wake: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._stock = stock
        self._gallery = gallery
        self._database = database
        self._store = store
        self._forecasts = forecasts
        self._wake = wake
        self._audit = Audit(database)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """What prompts may not say, where strangers ask. Raises BadRequest when unreadable."""
        return () if self._settings.is_local_only else read_rules(self._settings.home)

    def plan(self, request: ImageRequest, owner: str | Visitor = LOCAL) -> list[Recipe]:
        """What would be made, without making it. Raises BadRequest or UnknownName."""
        return self._plan(request, owner, self._stock.listing())

    def plan_sheet(
        self, request: ImageRequest, styles: Sequence[str] = (), owner: str | Visitor = LOCAL
    ) -> list[Recipe]:
        """`plan` for the prompt in these styles, or in twelve that suit it and the model."""
        return self._plan_sheet(request, styles, owner, self._stock.listing())

    def pantry(
        self,
        image: str | None = None,
        owner: str | Visitor = LOCAL,
        listing: Listing | None = None,
    ) -> Pantry:
        """All that a request may name, the input picture `image` among it if it is the owner's."""
        pantry = self._stock.pantry(listing)
        if image is None:
            return pantry
        try:
            size = self._gallery.input_size(image, visitor_for(owner, self._settings).owner)
        except NotFound:
            return pantry
        return replace(pantry, inputs={image: size})

    def _plan(self, request: ImageRequest, owner: str | Visitor, listing: Listing) -> list[Recipe]:
        self._check_length(request)
        return resolve(request, self.pantry(request.image, owner, listing), SystemRandom())

    def _plan_sheet(
        self,
        request: ImageRequest,
        styles: Sequence[str],
        owner: str | Visitor,
        listing: Listing,
    ) -> list[Recipe]:
        self._check_length(request)
        model = request.model or self._stock.preset_named(request.preset).model
        shown = self._stock.shown_styles(model, listing)
        pantry = self.pantry(request.image, owner, listing)
        return sheet(request, pantry, SystemRandom(), styles, shown)

    def _check_length(self, request: ImageRequest) -> None:
        limit = self._settings.prompt_limit
        for field in ("prompt", "negative_prompt"):
            if len(getattr(request, field)) > limit:
                raise BadRequest(
                    f"The {field.replace('_', ' ')} has {len(getattr(request, field)):,} "
                    f"characters; the limit is {limit:,}. Shorten it.",
                    field=field,
                )

    def forecast(
        self,
        request: ImageRequest,
        owner: str | Visitor = LOCAL,
        listing: Listing | None = None,
    ) -> Forecast | None:
        """What it would take to make it, of that listing or of one taken now.

        None while nothing can be said. Raises BadRequest, UnknownName or WeightsError.
        """
        listing = listing or self._stock.listing()
        return self._forecasts.of(self._plan(request, owner, listing), listing)

    def start(self, request: ImageRequest, owner: str | Visitor = LOCAL) -> str:
        """The id of a job that is on disk; one whose prompt is not allowed is `blocked` at once.

        Raises BadRequest, also when the line is full; TooMany over a quota; WeightsError when a
        model has to come first.
        """
        return self._start(request, owner, self._stock.listing())

    def start_sheet(
        self, request: ImageRequest, styles: Sequence[str] = (), owner: str | Visitor = LOCAL
    ) -> str:
        """`start` for `plan_sheet`: one job, a picture for each style."""
        listing = self._stock.listing()
        return self._add(request, self._plan_sheet(request, styles, owner, listing), owner, listing)

    def start_recipes(
        self, request: ImageRequest, recipes: Sequence[Recipe], owner: str | Visitor = LOCAL
    ) -> str:
        """`start` for recipes already decided (replay). Raises NotFound for one whose input picture
        is not here.
        """
        return self._add(request, recipes, owner, self._stock.listing())

    def _start(self, request: ImageRequest, owner: str | Visitor, listing: Listing) -> str:
        return self._add(request, self._plan(request, owner, listing), owner, listing)

    def _add(
        self,
        request: ImageRequest,
        recipes: Sequence[Recipe],
        owner: str | Visitor,
        listing: Listing,
    ) -> str:
        """Into the line, with all that has to hold for these recipes and this owner."""
        self._stock.check_is_here(recipes, listing)
        visitor = visitor_for(owner, self._settings)
        for image in {recipe.image for recipe in recipes if recipe.image is not None}:
            self._gallery.input_size(image, visitor.owner)
        try:
            priority = priority_for(visitor, request)
            terms = self._terms(visitor, request, recipes)
            picture_s = self._forecasts.picture_s(recipes, listing)
            job = self._store.add(visitor.owner, request, recipes, priority, terms, picture_s)
        except BadRequest as error:
            self._note_refusal(visitor, error, len(recipes))
            raise
        self._wake()
        return job.id

    def start_all(
        self, requests: Mapping[int, ImageRequest], owner: str | Visitor = LOCAL
    ) -> list[str]:
        """`start` for several, by the number of the line each was written in: all of them or none.

        Raises as `start` does, naming the line; BadRequest also for a prompt that is not allowed.
        """
        visitor, listing = visitor_for(owner, self._settings), self._stock.listing()
        job_ids: list[str] = []
        try:
            with self._database.transaction(durable=True):
                for request in requests.values():
                    job_id = self._start(request, visitor, listing)
                    self._check_not_blocked(job_id)
                    job_ids.append(job_id)
        except BadRequest as error:
            self._note_refusal(visitor, error, len(requests))
            if not isinstance(error, TooMany | LineFull):
                raise in_line([*requests][len(job_ids)], error) from None
            if not job_ids:
                raise
            raise only_first(len(job_ids), len(requests), error) from None
        return job_ids

    def _check_not_blocked(self, job_id: str) -> None:
        refused = self._store.get(job_id).error
        if refused is not None:
            raise BadRequest(refused.message, field=refused.field)

    def _note_refusal(self, visitor: Visitor, error: BadRequest, pictures: int) -> None:
        if not self._settings.is_local_only:
            self._audit.note(Entry(visitor.counted_as, "generate", error.code, pictures=pictures))

    def duplicate(self, job_id: str, owner: str | Visitor = LOCAL) -> str:
        """`start` for what a job asked for, as it was typed: a random seed is drawn again."""
        job = owned(self._store, job_id, visitor_for(owner, self._settings).owner)
        if styles := styles_of(job.request, job.recipes):
            return self.start_sheet(job.request, styles, owner)
        return self.start(job.request, owner)

    def _terms(
        self, visitor: Visitor, request: ImageRequest, recipes: Sequence[Recipe]
    ) -> Terms | None:
        """None for the command line, and alone on localhost: nothing is limited or written down."""
        if visitor.owner == LOCAL or self._settings.is_local_only:
            return None
        return terms_for(visitor, request, recipes, self.rules, self._settings.audit_prompts)

    def skip(self, job_id: str, owner: str = LOCAL) -> None:
        """Leave the picture being made; go on with the next."""
        job = owned(self._store, job_id, owner)
        index = self._store.next_index(job.id)
        if index is not None:
            self._store.request_skip(job.id, index)

    def stop(self, job_id: str, owner: str = LOCAL) -> None:
        """End the job; finished pictures stay."""
        self._store.request_stop(owned(self._store, job_id, owner).id)

    def stop_waiting(self, owner: str) -> int:
        """Ends all of the owner's jobs that have not begun; how many."""
        return moves.cancel_waiting(self._database, owner)

    def move(
        self,
        job_id: str,
        to: To | None = None,
        before: str | None = None,
        owner: str = LOCAL,
    ) -> None:
        """Another place for a waiting job among those of its owner, as if asked for in that order.

        Raises NotFound for a stranger's, NotWaiting when it has begun, BadRequest.
        """
        job = owned(self._store, job_id, owner)
        if before is not None and owned(self._store, before, owner).owner != job.owner:
            raise BadRequest("Only jobs of one owner change places.", field="before")
        moves.move(self._database, job.owner, job.id, to, before)

    def waiting_limit(self, owner: str | Visitor = LOCAL) -> int:
        """How many jobs the asker may have waiting."""
        tier = visitor_for(owner, self._settings).tier
        limit = self._settings.waiting_per_owner
        if tier is None or self._settings.is_local_only:
            return limit
        return min(limit, tier.waiting_jobs)
