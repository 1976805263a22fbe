"""The front: opens the rooms and is the only thing a door imports.

orders.start(request) -> job id; jobs.view, watch, follow -> what is happening; gallery: the
pictures; stock: presets, styles, models.
"""

from collections.abc import Collection
from functools import cached_property
from pathlib import Path

from filelock import FileLock, Timeout

from .archive.audit import Audit
from .archive.database import Database, open_database
from .archive.estimates import Estimates
from .archive.history import History
from .archive.inputs import Inputs
from .archive.jobs import JobStore
from .archive.moves import To as To  # doors take it from here
from .archive.sessions import Sessions
from .archive.sweep import sweep
from .errors import FooocusLiteError
from .events import Picture
from .gallery import Gallery
from .line.board import Board
from .line.forecasts import Forecasts
from .line.jobs import Jobs
from .line.lane import Lane
from .line.orders import Orders
from .line.samples import Samples
from .reception.doorkeeper import Doorkeeper
from .reception.hosts import host_name, is_host
from .recipe import ImageRequest, Recipe
from .settings import Settings
from .supplies import saved_presets, uploads
from .supplies.downloads import Download
from .supplies.listing import Listing as Listing  # doors take it from here
from .supplies.model_store import ModelStore
from .supplies.needs import Needs
from .supplies.stock import Stock
from .supplies.telling import Told
from .visitor import LOCAL as LOCAL  # doors take it from here
from .visitor import Visitor


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
                settings=self.settings,
                store=self._store,
                board=self.board,
                stock=self.stock,
                forecasts=self._forecasts,
                inputs=self._inputs,
                only=only,
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
    def is_settled(self) -> bool:
        """Whether `status` changes no more by itself: nothing starts, or is loaded ahead."""
        return self._device_lock is None if self._lane is None else self._lane.is_settled

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
    def orders(self) -> Orders:
        """What people ask: start, plan, forecast, move, skip, stop."""
        return Orders(
            settings=self.settings,
            stock=self.stock,
            gallery=self.gallery,
            database=self._database,
            store=self._store,
            forecasts=self._forecasts,
            wake=self._wake,
        )

    @cached_property
    def jobs(self) -> Jobs:
        """How jobs stand: view, watch, follow."""
        return Jobs(self._database, self._store, self.board, self._forecasts)

    def _wake(self) -> None:
        if self._lane is not None:
            self._lane.wake()

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

    def prepare(self) -> None:
        """Opens the database now, so that its notices are known before the page is drawn.

        Raises BadRequest for prompt rules that cannot be read.
        """
        self._store  # noqa: B018 - a cached property
        self.orders.rules  # noqa: B018

    # -- what is here ----------------------------------------------------------------------

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences to show: a data file left out or not used in full, a database set aside."""
        lane = [self._lane.notice] if self._lane is not None and self._lane.notice else []
        return (*self.stock.problems, *self.stock.notices, *self._notices, *lane)

    def status(self) -> str:
        """One line: the device, or what is still being loaded."""
        if self._lane is not None:
            lane = self._lane
            news = lane.trouble or lane.notice or lane.loading_ahead
            return news or f"Runs on {self.stock.device}"
        if self._device_lock is not None:
            return "Starting the engine …"
        return "Another window of the program does the work."

    @cached_property
    def needs(self) -> Needs:
        """What models need of this machine's memory."""
        return Needs(
            self.stock,
            self.settings.state,
            lambda: self._forecasts.facts if self.is_cooking else None,
        )

    # -- models that come and go -----------------------------------------------------------

    def is_host(self, owner: str | Visitor = LOCAL) -> bool:
        """Whether the asker may change what the program has: models, presets, style cards."""
        return is_host(owner, self.settings)

    def model_store(self, owner: str | Visitor = LOCAL) -> ModelStore:
        """The way in and out of models/. Raises NotAllowed for a visitor of a shared page."""
        return self._models.asked_by(host_name(owner, self.settings))

    def save_preset(
        self, name: str, recipe: Recipe, owner: str | Visitor = LOCAL, replace: bool = False
    ) -> Path:
        """`saved_presets.save`. Raises NotAllowed, too, for a visitor of a shared page."""
        with Told(self._audit.try_note).noting(
            host_name(owner, self.settings), "save preset", name.strip()
        ):
            return saved_presets.save(self.stock, name, recipe, replace)

    def keep_style_card(self, picture: Picture) -> None:
        """Makes the picture the card of its first style. Raises DiskError."""
        style = picture.recipe.styles[0]
        with Told(self._audit.try_note).noting(LOCAL, "render style", style):
            self.stock.keep_style_card(picture)

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
            recipes = self.orders.plan(ImageRequest(prompt="any", preset=preset))
            self.stock.check_is_here(recipes)
        except FooocusLiteError:
            return
        self._lane.warm(recipes[0])
