"""The front: opens the rooms and is the only thing a door imports.

start(request) -> job id; view, watch, follow -> what is happening; skip, stop, move; history;
presets.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from random import SystemRandom

from filelock import FileLock, Timeout

from .archive import measuring, moves
from .archive.audit import Audit, Entry
from .archive.database import Database, open_database
from .archive.estimates import Estimates
from .archive.history import History
from .archive.inputs import Inputs
from .archive.job import Job
from .archive.jobs import JobStore
from .archive.moves import To as To  # doors take it from here
from .archive.sessions import Sessions
from .archive.sweep import sweep
from .archive.terms import Terms
from .errors import BadRequest, FooocusLiteError, LineFull, NotAllowed, NotFound, TooMany
from .events import Event, JobView, Loading, Picture, Queued, Step
from .gallery import Gallery
from .line.board import Board
from .line.forecasts import Forecasts
from .line.lane import Lane
from .line.measures import Measures
from .line.news import Seen, told
from .line.samples import Samples
from .reception.admission import priority_for, terms_for
from .reception.doorkeeper import Doorkeeper
from .reception.rule_files import read_rules
from .recipe import ImageRequest, Recipe
from .settings import Settings
from .supplies import uploads
from .supplies.downloads import Download
from .supplies.model_store import ModelStore
from .supplies.stock import Stock
from .supplies.telling import Told
from .thinking.forecast import Forecast
from .thinking.pantry import Pantry
from .thinking.prompt_list import in_line, only_first
from .thinking.resolve import resolve
from .thinking.rules import Rule
from .thinking.sheet import sheet, styles_of
from .visitor import LOCAL as LOCAL  # doors take it from here
from .visitor import Visitor

HOST_ONLY = (
    "Models and presets can be changed only by the host: on the computer that runs the program, or "
    "logged in as a user made with `users add NAME --host`."
)


class Studio:
    """One open house. `owner` is who asks: a browser's token, "user:" and a user's name, or "local"
    for the command line. A `Visitor` in its place brings what that visitor may ask for.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.board = Board()
        self.stock = Stock(settings)
        self._notices: list[str] = []
        self._lane: Lane | None = None
        self._device_lock: FileLock | None = None

    # -- opening and closing ---------------------------------------------------------------

    def take_device(self) -> bool:
        """Makes this process the one that cooks; False when another one is.

        Whoever gets the device knows that jobs marked running belong to a dead process, and puts
        them back into the line; and that nothing in our temporary folder is in use.
        """
        if self._device_lock is not None:
            return True
        self.settings.state.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.settings.state / "device.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._device_lock = lock
        sweep(self.settings.state / "tmp", self.settings.output_path)
        uploads.sweep(self.settings.models)
        self._inputs.sweep()
        self._store.recover()
        return True

    def cook(self, only: Collection[str] | None = None) -> bool:
        """Starts the lane, for all jobs or `only` some; False when another process cooks."""
        if self._lane is None and self.take_device():
            self._lane = Lane(
                self.settings,
                self._store,
                self.board,
                self.stock,
                self._forecasts,
                self._inputs,
                only,
            )
            self._lane.start()
        return self._lane is not None

    @property
    def is_cooking(self) -> bool:
        """Whether this process has the device."""
        return self._lane is not None

    @property
    def is_ready(self) -> bool:
        """Whether this process has the device and its engine is there."""
        return self._lane is not None and self._lane.trouble is None

    @property
    def is_device_lost(self) -> bool:
        """Whether only a new process can go on making pictures; the jobs wait for it."""
        return self._lane is not None and self._lane.is_device_lost

    def let_go(self) -> None:
        """Puts the job being made back into the line at once: it goes on at the next start."""
        if self._lane is not None:
            self._lane.let_go()

    def close(self, timeout_s: float = 60.0) -> bool:
        """Lets go, and ends the lane after its running step.

        False when that step takes longer than the time: the device is kept then, until this process
        ends, so that nobody makes the same picture meanwhile.
        """
        if "_models" in vars(self):
            self._models.close()
        if self._lane is not None:
            if not self._lane.close(timeout_s):
                return False
            self._lane = None
        if self._device_lock is not None:
            self._device_lock.release()
            self._device_lock = None
        return True

    @cached_property
    def _store(self) -> JobStore:
        return JobStore(
            self._database,
            self.settings.home,
            self.settings.line_limit,
            self.settings.waiting_per_owner,
        )

    @cached_property
    def _inputs(self) -> Inputs:
        return Inputs(self.settings.state / "inputs", self._database)

    @cached_property
    def gallery(self) -> Gallery:
        """The pictures that are here."""
        history = History(self._database, self.settings.home)
        return Gallery(self.settings, history, self.board, self._inputs)

    @cached_property
    def _models(self) -> ModelStore:
        samples = self.samples
        told = Told(self._audit.try_note, samples.ask_if_quick, samples.forget)
        return ModelStore(self.settings, self.stock, told)

    @cached_property
    def samples(self) -> Samples:
        """The sample pictures of models and LoRAs."""
        history = History(self._database, self.settings.home)
        return Samples(self.settings, self.stock, self._store, history, self._forecasts)

    @cached_property
    def _forecasts(self) -> Forecasts:
        return Forecasts(Estimates(self._database), self.stock)

    @cached_property
    def _database(self) -> Database:
        opened = open_database(self.settings.state / "jobs.sqlite3")
        self._notices += opened.notices
        return opened

    @cached_property
    def doorkeeper(self) -> Doorkeeper:
        """Who may come in; the gate of the page and the API asks it."""
        return Doorkeeper(self.settings, Sessions(self._database), self._audit)

    @cached_property
    def _audit(self) -> Audit:
        return Audit(self._database)

    @cached_property
    def _rules(self) -> tuple[Rule, ...]:
        return () if self.settings.is_local_only else read_rules(self.settings.home)

    def prepare(self) -> None:
        """Opens the database now, so that its notices are known before the page is drawn.

        Raises BadRequest for prompt rules that cannot be read.
        """
        self._store  # noqa: B018 - a cached property
        self._rules  # noqa: B018

    # -- what is here ----------------------------------------------------------------------

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences to show: a data file left out or not used in full, a database set aside."""
        lane = [self._lane.notice] if self._lane is not None and self._lane.notice else []
        return (*self.stock.problems, *self.stock.notices, *self._notices, *lane)

    def status(self) -> str:
        """One line: the device and why, or what is still being loaded."""
        if self._lane is not None:
            lane = self._lane
            return lane.trouble or lane.notice or lane.loading_ahead or self.stock.default_device
        if self._device_lock is not None:
            return "Starting the engine …"
        return "Another window of the program does the work."

    # -- models that come and go -----------------------------------------------------------

    def is_host(self, owner: str | Visitor = LOCAL) -> bool:
        """Whether the asker may change what the program has: models, presets, style cards."""
        if isinstance(owner, Visitor):
            return owner.is_host
        return owner == LOCAL or self.settings.is_local_only

    def model_store(self, owner: str | Visitor = LOCAL) -> ModelStore:
        """The way in and out of models/. Raises NotAllowed for a visitor of a shared page."""
        return self._models.asked_by(self._host(owner))

    def save_preset(
        self, name: str, recipe: Recipe, owner: str | Visitor = LOCAL, replace: bool = False
    ) -> Path:
        """`Stock.save_preset`. Raises NotAllowed, too, for a visitor of a shared page."""
        with Told(self._audit.try_note).noting(self._host(owner), "save preset", name.strip()):
            return self.stock.save_preset(name, recipe, replace)

    def keep_style_card(self, picture: Picture) -> None:
        """Makes the picture the card of its first style. Raises DiskError."""
        style = picture.recipe.styles[0]
        with Told(self._audit.try_note).noting(LOCAL, "render style", style):
            self.stock.keep_style_card(picture)

    def _host(self, owner: str | Visitor) -> str:
        """The host's name in the audit log. Raises NotAllowed for a visitor of a shared page."""
        if not self.is_host(owner):
            raise NotAllowed(HOST_ONLY)
        return (owner.name or LOCAL) if isinstance(owner, Visitor) else LOCAL

    def downloads(self) -> tuple[Download, ...]:
        """The downloads of this run of the program, and those that an earlier one left."""
        return self._models.downloads.all()

    def warm(self, preset: str) -> None:
        """Begins to load the preset's model if the device has nothing else to do.

        Only where one person uses the program; nothing happens when the model is not here.
        """
        if self._lane is None or not self.settings.is_local_only:
            return
        try:
            recipes = self.plan(ImageRequest(prompt="any", preset=preset))
            self.stock.check_is_here(recipes)
        except FooocusLiteError:
            return
        self._lane.warm(recipes[0])

    # -- asking ----------------------------------------------------------------------------

    def plan(self, request: ImageRequest, owner: str | Visitor = LOCAL) -> list[Recipe]:
        """What would be made, without making it. Raises BadRequest or UnknownName."""
        self._check_length(request)
        return resolve(request, self.pantry(request.image, owner), SystemRandom())

    def plan_sheet(
        self, request: ImageRequest, styles: Sequence[str] = (), owner: str | Visitor = LOCAL
    ) -> list[Recipe]:
        """`plan` for the prompt in these styles, or in twelve that suit it and the model."""
        self._check_length(request)
        model = request.model or self.stock.preset_named(request.preset).model
        shown = self.stock.shown_styles(model)
        return sheet(request, self.pantry(request.image, owner), SystemRandom(), styles, shown)

    def pantry(self, image: str | None = None, owner: str | Visitor = LOCAL) -> Pantry:
        """All that a request may name, the input picture `image` among it if it is the owner's."""
        pantry = self.stock.pantry()
        if image is None:
            return pantry
        try:
            size = self.gallery.input_size(image, self._visitor(owner).owner)
        except NotFound:
            return pantry
        return replace(pantry, inputs={image: size})

    def _check_length(self, request: ImageRequest) -> None:
        limit = self.settings.prompt_limit
        for field in ("prompt", "negative_prompt"):
            if len(getattr(request, field)) > limit:
                raise BadRequest(
                    f"The {field.replace('_', ' ')} has {len(getattr(request, field)):,} "
                    f"characters; the limit is {limit:,}. Shorten it.",
                    field=field,
                )

    def forecast(self, request: ImageRequest, owner: str | Visitor = LOCAL) -> Forecast | None:
        """What it would take to make it; None while nothing can be said.

        Raises BadRequest, UnknownName or WeightsError.
        """
        return self._forecasts.of(self.plan(request, owner))

    def start(self, request: ImageRequest, owner: str | Visitor = LOCAL) -> str:
        """The id of a job that is on disk; one whose prompt is not allowed is `blocked` at once.

        Raises BadRequest, also when the line is full; TooMany over a quota; WeightsError when a
        model has to come first.
        """
        return self.start_recipes(request, self.plan(request, owner), owner)

    def start_sheet(
        self, request: ImageRequest, styles: Sequence[str] = (), owner: str | Visitor = LOCAL
    ) -> str:
        """`start` for `plan_sheet`: one job, a picture for each style."""
        return self.start_recipes(request, self.plan_sheet(request, styles, owner), owner)

    def start_recipes(
        self, request: ImageRequest, recipes: Sequence[Recipe], owner: str | Visitor = LOCAL
    ) -> str:
        """`start` for recipes already decided (replay). Raises NotFound for one whose input picture
        is not here.
        """
        self.stock.check_is_here(recipes)
        visitor = self._visitor(owner)
        for image in {recipe.image for recipe in recipes if recipe.image is not None}:
            self.gallery.input_size(image, visitor.owner)
        try:
            priority = priority_for(visitor, request)
            terms = self._terms(visitor, request, recipes)
            picture_s = self._forecasts.picture_s(recipes)
            job = self._store.add(visitor.owner, request, recipes, priority, terms, picture_s)
        except BadRequest as error:
            self._note_refusal(visitor, error, len(recipes))
            raise
        if self._lane is not None:
            self._lane.wake()
        return job.id

    def start_all(
        self, requests: Mapping[int, ImageRequest], owner: str | Visitor = LOCAL
    ) -> list[str]:
        """`start` for several, by the number of the line each was written in: all of them or none.

        Raises as `start` does, naming the line; BadRequest also for a prompt that is not allowed.
        """
        visitor = self._visitor(owner)
        job_ids: list[str] = []
        try:
            with self._database.transaction(durable=True):
                for request in requests.values():
                    job_id = self.start(request, visitor)
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
        if not self.settings.is_local_only:
            self._audit.note(Entry(visitor.counted_as, "generate", error.code, pictures=pictures))

    def duplicate(self, job_id: str, owner: str | Visitor = LOCAL) -> str:
        """`start` for what a job asked for, as it was typed: a random seed is drawn again."""
        job = self._owned(job_id, self._visitor(owner).owner)
        if styles := styles_of(job.request, job.recipes):
            return self.start_sheet(job.request, styles, owner)
        return self.start(job.request, owner)

    def _visitor(self, owner: str | Visitor) -> Visitor:
        """The asker with limits, also where a door names only the owner."""
        if isinstance(owner, Visitor):
            return owner
        if self.is_host(owner):
            return Visitor(owner, is_host=True)
        return Visitor(owner, tier=self.settings.tiers[self.settings.visitor_tier])

    def _terms(
        self, visitor: Visitor, request: ImageRequest, recipes: Sequence[Recipe]
    ) -> Terms | None:
        """None for the command line, and alone on localhost: nothing is limited or written down."""
        if visitor.owner == LOCAL or self.settings.is_local_only:
            return None
        return terms_for(visitor, request, recipes, self._rules, self.settings.audit_prompts)

    def skip(self, job_id: str, owner: str = LOCAL) -> None:
        """Leave the picture being made; go on with the next."""
        job = self._owned(job_id, owner)
        index = self._store.next_index(job.id)
        if index is not None:
            self._store.request_skip(job.id, index)

    def stop(self, job_id: str, owner: str = LOCAL) -> None:
        """End the job; finished pictures stay."""
        self._store.request_stop(self._owned(job_id, owner).id)

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
        """Another place for a waiting job among those of its owner; others keep theirs.

        Raises NotFound for a stranger's, NotWaiting when it has begun, BadRequest.
        """
        job = self._owned(job_id, owner)
        if before is not None and self._owned(before, owner).owner != job.owner:
            raise BadRequest("Only jobs of one owner change places.", field="before")
        moves.move(self._database, job.owner, job.id, to, before)

    # -- watching --------------------------------------------------------------------------

    def active(self, owner: str = LOCAL) -> list[str]:
        """Ids of the owner's unfinished jobs, in the order they will run."""
        return list(self._store.active(None if owner == LOCAL else owner))

    def between(self, owner: str) -> dict[str, int]:
        """For each of `active`: pictures of others after the owner's job before it."""
        return moves.pictures_between(self._database, owner)

    def waiting_limit(self, owner: str | Visitor = LOCAL) -> int:
        """How many jobs the asker may have waiting."""
        tier = self._visitor(owner).tier
        limit = self.settings.waiting_per_owner
        if tier is None or self.settings.is_local_only:
            return limit
        return min(limit, tier.waiting_jobs)

    def waiting(self) -> int:
        """How many jobs wait, everybody's."""
        return measuring.waiting(self._database)

    def measures(self) -> Measures:
        """How the program is doing, in numbers."""
        facts = self._forecasts.facts
        is_gpu = facts is not None and facts.free_vram_mib is not None
        return Measures(
            jobs=measuring.jobs_by_state(self._database),
            oldest_wait_s=measuring.oldest_wait_s(self._database),
            seconds_per_step=measuring.seconds_per_step(self._database),
            seconds_per_picture=measuring.seconds_per_picture(self._database),
            load_s=measuring.load_times(self._database),
            free_vram_mib=facts.free_vram_mib if facts else None,
            total_vram_mib=facts.total_mib if facts and is_gpu else None,
            retries=measuring.retries(self._database),
            promoted=measuring.promoted(self._database),
        )

    def view(self, job_id: str, owner: str = LOCAL) -> JobView:
        """The job as it stands, newest preview included. Raises NotFound, also for a stranger."""
        job = self._owned(job_id, owner)
        failure = self.board.failure(job.id)
        saved = self._store.pictures_of(job.id)
        return JobView(
            id=job.id,
            owner=job.owner,
            state="failed" if failure else job.state,
            created=job.created,
            recipes=job.recipes,
            pictures=(*saved, *self.board.unsaved_of(job.id)),
            skipped=job.skipped,
            now=self._now(job),
            error=failure or job.error,
            notices=self.board.notices(job.id),
        )

    def _now(self, job: Job) -> Queued | Loading | Step | None:
        if job.state == "queued":
            place = self._store.place(job.id)
            # It may have begun since it was read.
            return Queued(1, None) if place is None else Queued(place.position, place.eta_s)
        if job.is_final:
            return None
        return self.board.now(job.id) or told(job)

    async def watch(
        self, job_id: str, owner: str = LOCAL, interval_s: float = 0.22
    ) -> AsyncIterator[Event]:
        """Events from now to the end, the newest of each kind, at most one step per interval."""
        seen = Seen()
        with self.board.watching(job_id):
            while not seen.is_over:
                milestone = self.board.milestone(job_id)
                for event in seen.news(await asyncio.to_thread(self.view, job_id, owner)):
                    yield event
                if not seen.is_over:
                    await self._pause(job_id, milestone, interval_s)

    async def _pause(self, job_id: str, milestone: object, interval_s: float) -> None:
        """At most the interval; less when a first preview, a picture or the end is there."""
        deadline = time.monotonic() + interval_s
        while (left_s := deadline - time.monotonic()) > 0:
            await asyncio.sleep(min(0.02, left_s))
            if self.board.milestone(job_id) != milestone:
                return

    def follow(
        self, job_id: str, owner: str = LOCAL, interval_s: float = 0.1
    ) -> Iterator[Event | None]:
        """`watch` for callers without an event loop; None when an interval brought no news."""
        seen = Seen()
        while not seen.is_over:
            yield from seen.news(self.view(job_id, owner))
            if not seen.is_over:
                yield None
                time.sleep(interval_s)

    # -- inside ----------------------------------------------------------------------------

    def _owned(self, job_id: str, owner: str) -> Job:
        return self._store.get(job_id, None if owner == LOCAL else owner)
