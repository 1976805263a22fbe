"""A studio without rooms, for tests of the page: jobs live in memory and pictures are drawn hills.

As a program, `python tests/ui_fake.py HOME PORT [STEP_S]` serves the page in front of it.
"""

import asyncio
import io
import secrets
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from PIL import Image, ImageDraw

from fooocus_lite.archive import compare, pictures
from fooocus_lite.archive.audit import Audit
from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.inputs import Inputs
from fooocus_lite.archive.sessions import Sessions
from fooocus_lite.errors import (
    BadRequest,
    Cancelled,
    NotAllowed,
    NotFound,
    NotWaiting,
    TooMany,
    WeightsError,
)
from fooocus_lite.events import (
    FINAL_STATES,
    Event,
    JobError,
    JobState,
    JobView,
    Loading,
    Picture,
    Queued,
    Step,
)
from fooocus_lite.reception.doorkeeper import Doorkeeper
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.settings import Settings
from fooocus_lite.studio import To
from fooocus_lite.supplies import library
from fooocus_lite.supplies.downloads import Download, Downloads
from fooocus_lite.supplies.model_store import Described
from fooocus_lite.supplies.needs import Needs
from fooocus_lite.supplies.uploads import Added, Upload
from fooocus_lite.supplies.wishes import Wish, wish_for
from fooocus_lite.thinking.families import FAMILIES, STARTER, Family
from fooocus_lite.thinking.forecast import Forecast
from fooocus_lite.thinking.inspection import Found
from fooocus_lite.thinking.link import Shared
from fooocus_lite.thinking.memory import HardwareFacts
from fooocus_lite.thinking.pantry import Pantry
from fooocus_lite.thinking.presets import Licence, Preset, named, saved_as
from fooocus_lite.thinking.prompt_list import in_line, only_first
from fooocus_lite.thinking.styles import ENHANCE, Style
from fooocus_lite.visitor import Visitor
from fooocus_lite.weights import own_files
from fooocus_lite.weights.catalogue import Model
from fooocus_lite.weights.own_files import OwnFile
from fooocus_lite.weights.progress import Progress
from fooocus_lite.weights.repository import RemoteFile
from fooocus_lite.weights.tokens import TokenCount

EXPANSION = "soft window light, fine detail"
CARD = HardwareFacts(
    device="cuda",
    name="A card",
    free_ram_mib=32_768,
    free_vram_mib=7_600,
    total_mib=8_192,
    has_native_bf16=True,
)
LARGE = Preset(
    name="large",
    title="Large",
    model="somebody/large",
    family="z-image",
    licence=Licence(id="Apache-2.0", pictures="commercial", summary="Free to use."),
    download_gib=30.6,
    memory_gib=16,
    memory_note="bfloat16",
    is_distilled=True,
    performance="Speed",
    aspect="16:9",
)


@dataclass
class _Job:
    id: str
    owner: str
    created: float
    recipes: tuple[Recipe, ...]
    state: JobState = "queued"
    pictures: list[Picture] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    now: Queued | Loading | Step | None = None
    error: JobError | None = None
    is_asked_to_stop: bool = False
    is_asked_to_skip: bool = False


class FakeStock:
    """Two presets, one of a model that is not here; seven styles without pictures."""

    schedulers = ("euler", "dpmpp_2m", "unipc")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.presets = {
            "starter": Preset(
                name="starter",
                model="starter",
                aspect="3:2",
                styles=("Watercolor",),
                examples=(
                    "a red apple on a table",
                    "a blue house at night",
                    "three green balloons",
                ),
            ),
            "large": LARGE,
        }
        categories = {
            "Watercolor": "Painting",
            "Brass": "Painting",
            "Pixel Art": "Digital",
            "Line Art": "Drawing",
            "Noir": "Light",
            "Neon": "Light",
            "Pop Art": "Digital",
            ENHANCE: "Magic",
        }
        self.styles = {name: Style(name=name, category=kind) for name, kind in categories.items()}
        self.here = {"starter": _model("starter", "Starter", "starter", 15 * 2**20)}
        self.damages: dict[str, str] = {}

    def preset_named(self, name: str | None = None) -> Preset:
        return self.presets[name or "starter"]

    def listing(self) -> "FakeListing":
        return FakeListing(self)

    def models_and_refiners(self) -> dict[str, Model]:
        return self.models()

    def models(self) -> dict[str, Model]:
        return self.here

    def own_files(self, *kinds: str) -> list[OwnFile]:
        return own_files.found([self.settings.models], kinds)

    def ready_presets(self) -> tuple[str, ...]:
        return tuple(name for name, each in self.presets.items() if each.model in self.here)

    def is_distilled(self, model: str) -> bool:
        return any(each.is_distilled for each in self.presets.values() if each.model == model)

    def save_preset(self, name: str, recipe: Recipe, replace: bool = False) -> None:
        if name in self.presets and not replace:
            raise BadRequest(f"There is a preset called “{name}” already.", field="name")
        self.presets[name.strip()] = saved_as(named(name), recipe, self.presets["starter"])

    def family_of(self, model: str) -> Family:
        return FAMILIES[LARGE.family or ""] if model == LARGE.model else STARTER

    def pantry(self, listing: "FakeListing | None" = None) -> Pantry:
        return Pantry(
            presets=self.presets,
            styles=self.styles,
            families={each.model: self.family_of(each.model) for each in self.presets.values()},
            loras={"starter": frozenset({"chalkboard", "ink-wash"}), LARGE.model: frozenset()},
            wildcards={"color": ("red", "green", "blue"), "animals/pets": ("a cat", "a dog")},
            embeddings={"starter": frozenset({"calm-hands"}), LARGE.model: frozenset()},
            default_preset="starter",
        )

    def known_words(self, model: str) -> tuple[str, ...]:
        return ("red", "cat", "car", "sea", "forest", "night", "sunset", "storm", "noir")

    def token_counts(self, model: str, text: str) -> tuple[TokenCount, ...]:
        words = len(text.split())
        return (TokenCount("CLIP-L", words, 75, 1 + max(0, words - 1) // 75),)

    def shown_styles(self, model: str) -> tuple[str, ...] | None:
        """The lines of shown_styles.txt in the home folder; all styles without that file."""
        file = self.settings.home / "shown_styles.txt"
        return tuple(file.read_text(encoding="utf-8").splitlines()) if file.is_file() else None

    def damage(self, model: Model) -> str:
        return self.damages.get(model.name, "")

    def origin(self, path: Path) -> str:
        """As if all that is damaged had come from the Hub."""
        return next((name for name in self.damages if path.as_posix().endswith(name)), "")

    def style_card(self, name: str) -> Path | None:
        return library.style_card(self.settings, name)


class FakeListing:
    def __init__(self, stock: FakeStock) -> None:
        self.models_and_refiners = stock.models_and_refiners()
        self.own_files = stock.own_files


class FakeModelStore:
    """A Hub with a few models, brought in 20 steps of `step_s`; files sent are really checked.

    A name with "gated" in it is refused with a link, one with "broken" breaks off half way once,
    and one with "slow" takes six times as long.
    """

    def __init__(
        self, settings: Settings, stock: FakeStock, step_s: float, steps: int = 20
    ) -> None:
        self.settings = settings
        self.stock = stock
        self.step_s = step_s
        self.steps = 20
        self.missing_bytes = 6_900_000_000
        self.known: dict[str, tuple[str, ...]] = {}
        self.broken: set[str] = set()
        self.downloads = Downloads(self.bring, settings.state / "downloads.json", lambda *_all: 0)

    def download(self, name: str, is_update: bool = False) -> Download:
        return self.downloads.ask(wish_for(name, self.stock.presets))

    def bring(
        self,
        wish: Wish,
        tell: Callable[[Progress], None],
        is_cancelled: Callable[[], bool],
        _expect: Callable[[Sequence[RemoteFile]], None],
    ) -> None:
        total = 6_900_000_000
        is_slow = "slow" in wish.name
        steps = self.steps * (4 if is_slow else 1)
        for step in range(steps + 1):
            if is_cancelled():
                raise Cancelled("The download was stopped. What has come is kept.")
            done = total * step // steps
            tell(Progress("unet/model.safetensors", done, total, 88e6, (total - done) / 88e6))
            if "broken" in wish.name and wish.name not in self.broken and step > steps // 2:
                self.broken.add(wish.name)
                raise WeightsError("The connection broke while it was downloaded. Try again.")
            time.sleep(self.step_s * (6 if is_slow else 1))
        if wish.lora is None:
            title = wish.repo_id.rpartition("/")[2]
            self.stock.here[wish.repo_id] = _model(wish.repo_id, title, "z-image", total)
            self.known.setdefault(wish.repo_id, ("a" * 40, "b" * 40))

    def look_up(self, text: str) -> Described:
        wish = wish_for(text, self.stock.presets)
        link = f"https://huggingface.co/{wish.repo_id}"
        if "gated" in text:
            error = WeightsError(f"{wish.repo_id} is gated. Open {link}, log in and accept.")
            error.link = link
            raise error
        return Described(
            wish.name, wish.repo_id, "c" * 40, "sdxl", 6_900_000_000, self.missing_bytes,
            "cc-by-nc-4.0", False, link, {"model_index.json": 500},
        )  # fmt: skip

    def set_back(self, name: str, revision: str) -> Download:
        self.known[name] = (revision, *(each for each in self.known[name] if each != revision))
        return self.downloads.ask(wish_for(name, self.stock.presets))

    def revisions(self, name: str) -> tuple[str, ...]:
        return self.known.get(name, ())

    def may_remove(self, model: Model) -> bool:
        return model.name != "starter"

    def remove(self, name: str) -> None:
        if name not in self.stock.here:
            raise BadRequest(f"There is no model called “{name}”.")
        del self.stock.here[name]

    def discard(self, name: str) -> None:
        self.downloads.forget(name)

    def receive(self, file_name: str, size: int) -> Upload:
        return Upload(file_name, size, self.settings.models, limit_bytes=10**9)

    def keep(self, upload: Upload) -> Added:
        return upload.keep()

    def is_ours(self, path: Path) -> bool:
        return path.is_relative_to(self.settings.models)

    def preset_for(self, name: str) -> Preset:
        raise BadRequest(f"There is no model called “{name}”.")

    def free_bytes(self) -> int:
        return 212 * 2**30


class FakeSamples:
    """Draws a hill when it is looked at for the second time; "broken" ones never come."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.state / "samples"
        self._asked: list[str] = []
        self._looks = 0

    def picture(self, name: str) -> Path | None:
        path = self._folder / f"{name.replace('/', '-')}.webp"
        return path if path.is_file() else None

    def underway(self) -> frozenset[str]:
        return frozenset(self._asked)

    def problem(self, name: str) -> str:
        return "It broke." if "broken" in name else ""

    def offers(self, listing: FakeListing | None = None) -> dict[str, Forecast | None]:
        takes = Forecast(14.0, 0.0, 5_222, 8_192, "model offload", "")
        names = ("starter", "loras/wobble")
        return {name: takes for name in names if self.picture(name) is None}

    def ask(self, name: str) -> None:
        if "nothing" in name:
            raise WeightsError("No model that is here fits it.")
        self._asked.append(name)
        self._looks = 0

    def gather(self) -> None:
        self._looks += 1
        if self._looks > 1:
            self._folder.mkdir(parents=True, exist_ok=True)
            for name in self._asked:
                Image.new("RGB", (192, 192), (200, 150, 110)).save(
                    self._folder / f"{name.replace('/', '-')}.webp"
                )
            self._asked.clear()


class FakeStudio:
    """Behaves like `Studio` towards the page. `step_s` is the time of one step.

    A prompt with "slow" in it takes six times as long; one with "fail" fails; one with
    "unsaved" makes pictures that are not on disk.
    """

    is_ready = True
    is_settled = True

    def __init__(self, settings: Settings, step_s: float = 0.05, steps: int = 10) -> None:
        self.settings = settings
        self.step_s = step_s
        self.steps = steps
        self.stock = FakeStock(settings)
        self.warmed: list[str] = []
        self.samples = FakeSamples(settings)
        self._store = FakeModelStore(settings, self.stock, step_s)
        self._jobs: dict[str, _Job] = {}
        self._begins = threading.Lock()
        """Held while a waiting job begins or is taken back."""
        self._order: list[str] = []
        self._files: dict[str, bytes] = {}

    @cached_property
    def doorkeeper(self) -> Doorkeeper:
        database = open_database(self.settings.state / "jobs.sqlite3")
        return Doorkeeper(self.settings, Sessions(database), Audit(database))

    @property
    def notices(self) -> tuple[str, ...]:
        """The lines of notices.txt in the home folder, so that a test can change them."""
        file = self.settings.home / "notices.txt"
        return tuple(file.read_text(encoding="utf-8").splitlines()) if file.is_file() else ()

    def status(self) -> str:
        return "CPU, float32: no GPU was found"

    def is_host(self, owner: str | Visitor = "local") -> bool:
        if isinstance(owner, Visitor):
            return owner.is_host
        return owner == "local" or self.settings.is_local_only

    def model_store(self, owner: str | Visitor = "local") -> FakeModelStore:
        if not self.is_host(owner):
            raise NotAllowed("Models can be added and removed only by the host.")
        return self._store

    def save_preset(
        self, name: str, recipe: Recipe, owner: str | Visitor = "local", replace: bool = False
    ) -> None:
        if not self.is_host(owner):
            raise NotAllowed("Models and presets can be changed only by the host.")
        self.stock.save_preset(name, recipe, replace)

    @property
    def needs(self) -> Needs:
        return Needs(self.stock, self.settings.state, lambda: CARD)

    def downloads(self) -> tuple[Download, ...]:
        return self._store.downloads.all()

    def warm(self, preset: str) -> None:
        self.warmed.append(preset)

    @cached_property
    def _inputs(self) -> Inputs:
        database = open_database(self.settings.state / "jobs.sqlite3")
        return Inputs(self.settings.state / "inputs", database)

    def add_input(self, data: bytes, owner: str = "local") -> str:
        return self._inputs.add(data, owner, has_limit=True)

    def input_size(self, image: str, owner: str = "local") -> tuple[int, int]:
        return self._inputs.size(image, self._whose(owner))

    def input_thumbnail(self, image: str, owner: str = "local") -> bytes:
        return self._inputs.thumbnail(image, self._whose(owner))

    def _whose(self, owner: str) -> str | None:
        return None if owner == "local" or self.settings.is_local_only else owner

    def pantry(self, image: str | None = None, owner: str | Visitor = "local") -> Pantry:
        try:
            inputs = {image: self.input_size(image)} if image else {}
        except NotFound:
            inputs = {}
        return replace(self.stock.pantry(), inputs=inputs)

    def plan(self, request: ImageRequest, owner: str | Visitor = "local") -> list[Recipe]:
        if request.preset == "large" and LARGE.model not in self.stock.here:
            problem = "“Large” needs the model somebody/large, which is not here yet."
            error = WeightsError(f"{problem} Download it.")
            error.problem = problem
            error.download, error.download_gib = LARGE.model, LARGE.download_gib
            raise error
        if request.styles and "Nonsense" in request.styles:
            raise BadRequest("There is no style called “Nonsense”.", field="style")
        seed = 1000 if request.seed < 0 else request.seed
        aspect = next((each for each in STARTER.aspects if each.name == request.aspect), None)
        width, height = (aspect.width, aspect.height) if aspect else (256, 256)
        width, height = request.width or width, request.height or height
        added = EXPANSION if ENHANCE in (request.styles or ()) else ""
        return [
            Recipe(
                model="starter", family="starter", prompt=request.prompt, expansion=added,
                task="image-to-image" if request.image else "text-to-image", image=request.image,
                strength=(request.strength or 0.4) if request.image else None,
                width=width, height=height, seed=seed + place, num_inference_steps=self.steps,
                guidance_scale=3.0, scheduler="euler", styles=request.styles or (), request=request,
            )
            for place in range(request.count)
        ]  # fmt: skip

    def forecast(
        self,
        request: ImageRequest,
        owner: str | Visitor = "local",
        listing: FakeListing | None = None,
    ) -> Forecast | None:
        if "unknown" in request.prompt:
            return None
        reason = "<b>Its parts</b> take turns."
        if request.preset == "large" and LARGE.model not in self.stock.here:
            # It would be slow, and too large besides.
            return Forecast(None, 0.0, 19_968, 8_192, "leaf offload", reason, True, False)
        seconds = 1.4 * self.steps * len(self.plan(request))
        return Forecast(seconds, 0.0, 5_222, 8_192, "model offload", reason)

    def start(self, request: ImageRequest, owner: str | Visitor = "local") -> str:
        return self._put_into_line(self.plan(request), owner)

    def start_sheet(
        self, request: ImageRequest, styles: Sequence[str] = (), owner: str | Visitor = "local"
    ) -> str:
        names = styles or list(self.stock.styles)[:6]
        kept = [name for name in request.styles or () if name == ENHANCE]
        tiles = [request.model_copy(update={"styles": (*kept, name)}) for name in names]
        return self._put_into_line([self.plan(tile)[0] for tile in tiles], owner)

    def start_all(
        self, requests: Mapping[int, ImageRequest], owner: str | Visitor = "local"
    ) -> list[str]:
        planned = []
        for number, request in requests.items():
            try:
                planned.append(self.plan(request))
            except BadRequest as error:
                raise in_line(number, error) from None
        room = self.waiting_limit(owner) - self._waiting(_name(owner))
        if len(planned) > room:
            raise only_first(room, len(planned), TooMany("You have too many jobs waiting."))
        return [self._put_into_line(recipes, owner) for recipes in planned]

    def duplicate(self, job_id: str, owner: str | Visitor = "local") -> str:
        recipes = self._job(job_id, _name(owner)).recipes
        return self._put_into_line(recipes, owner)

    def move(
        self, job_id: str, to: To | None = None, before: str | None = None, owner: str = "local"
    ) -> None:
        """As the real one does, for `to` "up" and "down"."""
        if self._job(job_id, owner).state != "queued":
            raise NotWaiting("That job does not wait any more.")
        own = [each for each in self.active(owner) if self._jobs[each].state == "queued"]
        other = own.index(job_id) + (1 if to == "down" else -1)
        if 0 <= other < len(own):
            places = self._order
            a, b = places.index(job_id), places.index(own[other])
            places[a], places[b] = places[b], places[a]

    def stop_waiting(self, owner: str) -> int:
        waiting = [each for each in self.active(owner) if self._jobs[each].state == "queued"]
        for job_id in waiting:
            self.stop(job_id, owner)
        return len(waiting)

    def between(self, owner: str) -> dict[str, int]:
        found, others = {}, 0
        for job in self._unfinished():
            if job.owner == owner:
                found[job.id], others = others, 0
            else:
                others += len(job.recipes)
        return found

    def waiting_limit(self, owner: str | Visitor = "local") -> int:
        return self.settings.waiting_per_owner

    def _put_into_line(self, recipes: Sequence[Recipe], owner: str | Visitor) -> str:
        name = _name(owner)
        if self._waiting(name) >= self.waiting_limit(owner):
            raise TooMany("You have too many jobs waiting.")
        job = _Job(secrets.token_hex(16), name, time.time(), tuple(recipes), now=Queued(1, None))
        self._jobs[job.id] = job
        self._order.append(job.id)
        threading.Thread(target=self._cook, args=(job,), daemon=True).start()
        return job.id

    def view(self, job_id: str, owner: str = "local") -> JobView:
        job = self._job(job_id, owner)
        # In this order: it goes on meanwhile, and a final state has all its pictures.
        now, state = job.now, job.state
        if state == "queued":
            unfinished = self._unfinished()
            ahead = unfinished.index(job) if job in unfinished else 0
            now = Queued(ahead + 1, 5.0 * ahead)
        return JobView(
            job.id, job.owner, state, job.created, job.recipes, tuple(job.pictures),
            tuple(job.skipped), None if state in FINAL_STATES else now, job.error,
        )  # fmt: skip

    def active(self, owner: str = "local") -> list[str]:
        return [job.id for job in self._unfinished() if job.owner == owner]

    def _waiting(self, owner: str) -> int:
        jobs = [job for job in self._unfinished() if job.owner == owner]
        return sum(job.state == "queued" for job in jobs)

    def _unfinished(self) -> list[_Job]:
        """Everybody's, in the order they run."""
        jobs = [self._jobs[job_id] for job_id in list(self._order)]
        return [job for job in jobs if job.state not in FINAL_STATES]

    async def watch(
        self, job_id: str, owner: str = "local", interval_s: float = 0.22
    ) -> AsyncIterator[Event]:
        last: object = None
        while not self.view(job_id, owner).is_final:
            now = self.view(job_id, owner).now
            if now is not None and now != last:
                last = now
                yield now
            await asyncio.sleep(interval_s)

    def skip(self, job_id: str, owner: str = "local") -> None:
        self._job(job_id, owner).is_asked_to_skip = True

    def stop(self, job_id: str, owner: str = "local") -> None:
        job = self._job(job_id, owner)
        job.is_asked_to_stop = True
        with self._begins:
            if job.state == "queued":
                job.state, job.now = "cancelled", None

    def history(
        self, owner: str = "local", search: str = "", limit: int = 60, before: float | None = None
    ) -> list[Picture]:
        found = [
            picture
            for job in list(self._jobs.values())
            for picture in job.pictures
            if job.owner == owner
            and search.lower() in picture.recipe.request.prompt.lower()
            and (before is None or picture.created < before)
        ]
        return sorted(found, key=lambda picture: picture.created, reverse=True)[:limit]

    def picture(self, picture_id: str, owner: str = "local") -> Picture:
        for job in list(self._jobs.values()):
            for picture in job.pictures:
                if picture.id == picture_id and job.owner == owner:
                    return picture
        raise NotFound("That picture is not here.")

    def picture_bytes(self, picture_id: str, owner: str = "local") -> tuple[bytes, str]:
        self.picture(picture_id, owner)
        return self._files[picture_id], "image/png"

    @property
    def gallery(self) -> "FakeStudio":
        return self

    @property
    def orders(self) -> "FakeStudio":
        return self

    @property
    def jobs(self) -> "FakeStudio":
        return self

    def thumbnail(self, picture_id: str, owner: str, side: int) -> bytes:
        return pictures.thumbnail(io.BytesIO(self.picture_bytes(picture_id, owner)[0]), side)

    def inspect(self, picture: bytes) -> Found:
        return pictures.read_bytes(picture)

    def shared(self, picture_id: str, owner: str = "local") -> Shared:
        picture = self.picture(picture_id, owner)
        made = compare.fingerprint_of(self._files[picture_id])
        return Shared(recipe=picture.recipe, fingerprint=made)

    def _job(self, job_id: str, owner: str) -> _Job:
        job = self._jobs.get(job_id)
        if job is None or job.owner != owner:
            raise NotFound("That job is not here.")
        return job

    def _cook(self, job: _Job) -> None:
        while job.state == "queued" and self._unfinished()[:1] != [job]:
            time.sleep(0.005)
        with self._begins:
            if job.state != "queued":
                return
            job.state, job.now = "loading", Loading("Loading the starter model")
        time.sleep(self.step_s)
        job.state = "running"
        for place, recipe in enumerate(job.recipes):
            if not job.is_asked_to_stop:
                self._cook_one(job, place, recipe)
        job.now = None
        if job.error is not None:
            job.state = "failed"
        else:
            job.state = "cancelled" if job.is_asked_to_stop else "completed"

    def _cook_one(self, job: _Job, place: int, recipe: Recipe) -> None:
        for step in range(self.steps + 1):
            if job.is_asked_to_stop:
                return
            if job.is_asked_to_skip:
                job.is_asked_to_skip = False
                job.skipped.append(place)
                return
            left = (self.steps - step) * self.step_s
            job.now = Step(
                place + 1, len(job.recipes), step, self.steps, self.step_s, left,
                _drawn(recipe, "JPEG", blur=self.steps - step),
            )  # fmt: skip
            time.sleep(self.step_s * (6 if "slow" in recipe.prompt else 1))
        if "fail" in recipe.prompt:
            job.error = JobError(
                "out_of_memory", "The device ran out of memory. Choose a smaller size."
            )
            job.is_asked_to_stop = True
            return
        picture = Picture(
            secrets.token_hex(16), job.id, place, job.owner,
            Path(f"/nowhere/2026-01-01/0001-{recipe.seed}.png"), recipe, time.time(), recipe.width,
            recipe.height, is_saved="unsaved" not in recipe.prompt,
        )  # fmt: skip
        self._files[picture.id] = _drawn(recipe, "PNG")
        job.pictures.append(picture)


def _name(owner: str | Visitor) -> str:
    return owner.owner if isinstance(owner, Visitor) else owner


def _model(name: str, title: str, family: str, size_bytes: int) -> Model:
    return Model(name, Path("/nowhere") / name, family, title, "apache-2.0", size_bytes)


def _drawn(recipe: Recipe, kind: str, blur: int = 0) -> bytes:
    """A hill under a sky; the seed picks the colours."""
    width, height = recipe.width, recipe.height
    shade = recipe.seed * 47 % 255
    image = Image.new("RGB", (width, height), (200 - blur * 8, 150 + shade // 4, 110 + shade // 3))
    draw = ImageDraw.Draw(image)
    draw.ellipse(
        (width * 0.6, height * 0.15, width * 0.8, height * 0.15 + width * 0.2), fill=(250, 225, 150)
    )
    draw.ellipse(
        (-width * 0.3, height * 0.55, width * 0.8, height * 1.6), fill=(60, 110 + shade // 5, 90)
    )
    draw.ellipse((width * 0.4, height * 0.65, width * 1.5, height * 1.7), fill=(40, 85, 80))
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def main(home: Path, port: int, step_s: float = 0.06) -> int:
    """Serves the page until the process is ended."""
    from fooocus_lite.ui.server import serve

    settings = Settings(home=home, output_path=home / "outputs", port=port, browser=False)
    serve(FakeStudio(settings, step_s, steps=12), settings)
    threading.Event().wait()
    return 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *map(float, sys.argv[3:4]))
