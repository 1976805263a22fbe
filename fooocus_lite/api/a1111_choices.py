"""What programs for A1111 may choose from, and the one thing they may set: the model."""

import threading
from collections import OrderedDict
from typing import Any

from fastapi import APIRouter, Request

from ..errors import UnknownName
from ..studio import Studio
from ..thinking.schedulers import SCHEDULERS
from .a1111_request import Options, PngInfoRequest, decoded
from .caller import Caller, House

MAX_REMEMBERED = 1_000
SCHEDULES = {"automatic": "Automatic", "karras": "Karras", "sgm_uniform": "SGM Uniform"}
router = APIRouter(tags=["A1111"])


class Chosen:
    """The model that each caller has set in the options, of the latest thousand callers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: OrderedDict[str, str] = OrderedDict()

    def set(self, owner: str, model: str) -> None:
        with self._lock:
            self._models[owner] = model
            self._models.move_to_end(owner)
            while len(self._models) > MAX_REMEMBERED:
                self._models.popitem(last=False)

    def get(self, owner: str, studio: Studio) -> str:
        """The caller's model; before one was set, the default preset's."""
        with self._lock:
            return self._models.get(owner) or studio.stock.preset_named().model


@router.get("/options")
def options(request: Request, studio: House, caller: Caller) -> dict[str, Any]:
    """The settings that mean something here."""
    chosen: Chosen = request.app.state.chosen
    model = chosen.get(caller.owner, studio)
    return {"sd_model_checkpoint": model, "samples_format": "png", "save_images": True}


@router.post("/options", response_model=None)
def set_options(wanted: Options, request: Request, studio: House, caller: Caller) -> None:
    """Chooses the model for the caller's next pictures."""
    chosen: Chosen = request.app.state.chosen
    if wanted.sd_model_checkpoint is not None:
        chosen.set(caller.owner, model_named(studio, wanted.sd_model_checkpoint))


@router.get("/samplers")
def samplers() -> list[dict[str, Any]]:
    """Every scheduler by the name it has there."""
    return [
        {"name": each.a1111, "aliases": [name], "options": {}} for name, each in SCHEDULERS.items()
    ]


@router.get("/schedulers")
def schedulers() -> list[dict[str, Any]]:
    """The schedules that go with a sampler's bare name."""
    return [
        {
            "name": name,
            "label": label,
            "aliases": None,
            "default_rho": -1,
            "need_inner_model": False,
        }
        for name, label in SCHEDULES.items()
    ]


@router.get("/sd-models")
def sd_models(studio: House) -> list[dict[str, Any]]:
    """The models that are here. No path of this computer is told."""
    return [
        {"title": name, "model_name": name, "hash": None, "sha256": None, "filename": name,
         "config": None}
        for name in sorted(studio.stock.models())
    ]  # fmt: skip


@router.get("/loras")
def loras(request: Request, studio: House, caller: Caller) -> list[dict[str, Any]]:
    """The LoRAs for the caller's model."""
    chosen: Chosen = request.app.state.chosen
    here = studio.stock.pantry().loras.get(chosen.get(caller.owner, studio), frozenset())
    return [{"name": name, "alias": name, "path": name, "metadata": {}} for name in sorted(here)]


@router.get("/prompt-styles")
def prompt_styles(studio: House) -> list[dict[str, Any]]:
    return [
        {"name": style.name, "prompt": style.prompt, "negative_prompt": style.negative_prompt}
        for style in studio.stock.styles.values()
    ]


@router.get("/scripts")
def scripts() -> dict[str, list[str]]:
    """None; their programs ask before they begin."""
    return {"txt2img": [], "img2img": []}


@router.post("/png-info")
def png_info(asked: PngInfoRequest, studio: House) -> dict[str, Any]:
    """What a picture says about how it was made."""
    found = studio.gallery.inspect(decoded(asked.image, "image"))
    items = {**found.others}
    if found.parameters is not None:
        items["parameters"] = found.parameters
    settings = found.settings.model_dump(mode="json") if found.settings else {}
    return {"info": found.parameters or "", "items": items, "parameters": settings}


def model_named(studio: Studio, title: str) -> str:
    """A model by its title, also with a hash in brackets behind it. Raises UnknownName."""
    here = {name.lower(): name for name in studio.stock.models()}
    bare = title.rpartition(" [")[0] if title.endswith("]") else title
    found = here.get(title.lower()) or here.get(bare.lower())
    if found is None:
        raise UnknownName.among("model", title, here.values())
    return found
