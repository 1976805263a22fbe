"""What the page says about models: size, licence, need, and how a download stands. All as text."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ..errors import WeightsError
from ..studio import Listing, Studio
from ..supplies.model_store import Described, Inspection, Model, ModelStore, OwnFile
from ..supplies.wishes import performance_loras
from ..thinking.amounts import in_bytes, in_mib
from ..thinking.families import FAMILIES, REFINERS, TITLES
from ..thinking.families.family import PerformanceLoRA
from ..thinking.forecast import Forecast
from ..thinking.licences import allowed_by
from ..thinking.presets import Licence, Preset, preset_of
from ..visitor import Visitor
from .download_facts import underway
from .model_costs import ModelCosts
from .model_samples import sample_facts
from .model_troubles import NONE, of_file, of_model
from .preset_facts import BADGES

HUB = "https://huggingface.co"
UNKNOWN_BADGE = "Read its licence"
NAMELESS = {"unknown": "licence unknown", "other": "a licence of its own"}


def listing(studio: Studio, visitor: Visitor) -> dict[str, Any]:
    """{"models", "files", "loras", "downloads", "sampling", "is_host", "disk"}, for the panel.

    Models that are here come first. A visitor sees them without any way to change something.
    """
    now = underway(studio)
    lying = studio.stock.listing()
    samples = studio.samples.offers(lying) if studio.is_host(visitor) else None
    store = studio.model_store(visitor) if studio.is_host(visitor) else None
    problem = _lock_problem(store)
    here = lying.models_and_refiners
    presets = [*studio.stock.presets.values()]
    needed = dict.fromkeys(name for each in presets if each.family for name in each.needs)
    absent = [name for name in needed if name not in here]
    editable = None if problem else store
    own = lying.own_files()
    singles = {each.path: each for each in own}
    costs = ModelCosts(studio, lying)
    sample = partial(sample_facts, studio, sampling=now["sampling"], offers=samples)
    cards = [_here(costs, editable, model, presets) for model in here.values()]
    for card, model in zip(cards, here.values(), strict=True):
        card |= of_model(studio, editable, model, singles.get(model.folder))
        if model.family in FAMILIES:  # a refiner makes no pictures of its own
            card |= sample(model.name)
    used = sum(model.size_bytes for model in here.values())
    if store is not None:
        cards += [_absent(costs, name, presets) for name in absent]
    return {
        "models": cards,
        "files": [
            _file(studio, editable, each) | (sample(each.whole_name) if _is_lora(each) else {})
            for each in _others(own, here.values())
        ],
        "loras": _loras(studio, lying, store, {each.whole_name: each for each in own}),
        **now,
        "is_host": store is not None,
        "disk": _disk(store, used),
        "problem": problem,
    }


def offer(
    found: Described, free_bytes: int, need: Forecast | None, is_here: bool
) -> dict[str, Any]:
    """What was found under a pasted name, and what it needs here, before it is downloaded.

    `is_here`: a model of that name can be used already.
    """
    is_here = is_here and found.missing_bytes == 0
    room = [f"{in_bytes(found.missing_bytes)} to download", f"{in_bytes(free_bytes)} free"]
    return {
        "name": found.name,
        "title": found.name,
        "about": TITLES.get(found.family or "", ""),
        "size": ", ".join([in_bytes(found.size_bytes), *(["here already"] if is_here else room)]),
        **_licence(found.licence),
        **(_memory(need, found.name, ()) if need else {"memory": ""}),
        "gate": "Its makers want you to accept their conditions first." if found.is_gated else "",
        "link": found.link,
        "problem": found.problem,
        "is_here": is_here,
        "can_use": is_here,
        "can_download": not found.problem and not is_here,
    }


def file_kind(found: Inspection) -> str:
    """Such as "LoRA for SDXL"."""
    title = found.architecture.title
    return title if found.noun in title else f"{found.noun} for {title}"


def _others(own: Iterable[OwnFile], models: Iterable[Model]) -> list[OwnFile]:
    """The single files that have no card yet: neither models nor LoRAs of performances."""
    paths, loras = {model.folder for model in models}, performance_loras()
    return [each for each in own if each.path not in paths and each.name not in loras]


def _here(
    costs: ModelCosts, store: ModelStore | None, model: Model, presets: Iterable[Preset]
) -> dict[str, Any]:
    name, family = model.name, TITLES[model.family]
    named = _using(name, presets)
    licence = next((each.licence for each in named if each.licence), None)
    revisions = store.revisions(name) if store is not None else ()
    return {
        "name": name,
        "title": model.title,
        "about": _about(model.title, family, named),
        "size": f"{in_bytes(model.size_bytes)} on disk{_precision(model.inspection)}",
        **_licence(model.licence, licence),
        "words": _words(model.inspection),
        **_memory(costs.of(model, named), name, named),
        "is_here": True,
        "can_use": model.family in FAMILIES or bool(named),
        "can_remove": store is not None and store.may_remove(model),
        "can_update": bool(revisions),
        "revisions": [{"id": each, "name": each[:8]} for each in revisions],
        "link": f"{HUB}/{name}" if revisions else "",
    }


def _is_lora(file: OwnFile) -> bool:
    return file.inspection is not None and file.inspection.kind == "lora" and not file.problem


def _file(studio: Studio, store: ModelStore | None, file: OwnFile) -> dict[str, Any]:
    """A LoRA, embedding or other file of the person's own, with the words it listens to."""
    found = file.inspection
    is_ours = store is not None and store.is_ours(file.path)
    return {
        "name": file.whole_name,
        "can_remove": is_ours,
        "place": str(file.path.parent) if store is not None and not is_ours else "",
        "title": file.name,
        "about": " · ".join(filter(None, [file_kind(found) if found else file.folder, file.note])),
        "size": in_bytes(file.size_bytes) + _precision(found),
        **(_licence(found.licence) if found and found.licence else {"licence": ""}),
        "words": _words(found),
        **of_file(studio, store, file),
    }


def _precision(found: Inspection | None) -> str:
    """Such as " in bf16", to follow a size; empty for a folder."""
    return f" in {found.precision}" if found else ""


def _words(found: Inspection | None) -> str:
    words = ", ".join(found.trigger_words) if found else ""
    return f"Words it listens to: {words}" if words else ""


def _using(name: str, presets: Iterable[Preset]) -> list[Preset]:
    """The presets with this model or refiner; the one that stands for it first."""
    first = preset_of(name, presets)
    others = [each for each in presets if name in each.needs and each is not first]
    return [first, *others] if first else []


def _absent(costs: ModelCosts, name: str, presets: Iterable[Preset]) -> dict[str, Any]:
    named = _using(name, presets)
    models = [each for each in named if each.model == name]
    sizes = [each.download_gib for each in models] or [each.refiner_gib for each in named]
    size = next(filter(None, sizes), None)
    licence = next((each.licence for each in named if each.licence), None)
    family = next(each.family for each in named if each.family)
    title, kind = name.rpartition("/")[2], (FAMILIES if models else REFINERS)[family].title
    is_on_hub = "/" in name
    return {
        "name": name,
        "title": title,
        "about": _about(title, kind, named),
        "size": f"{size:g} GiB to download" if size else "",
        **_licence("", licence),
        **_memory(costs.of_preset(named[0]), name, named),
        "is_here": False,
        "can_download": is_on_hub,
        "link": f"{HUB}/{name}" if is_on_hub else "",
    }


def _loras(
    studio: Studio, lying: Listing, store: ModelStore | None, files: Mapping[str, OwnFile]
) -> list[dict[str, Any]]:
    """The LoRAs that performances need, and whether each is here; `files` by whole name."""
    pantry = studio.stock.pantry(lying)
    here = frozenset[str]().union(*pantry.loras.values())
    families = {family.name for family in pantry.families.values()}
    cards = []
    for name, needed in performance_loras().items():
        kinds = [each for each in FAMILIES.values() if each.name in families]
        uses = [
            f"{row.name} for {family.title}"
            for family in kinds
            for row in (*family.performances, *family.distilled)
            if row.lora is not None and row.lora.name == name
        ]
        if uses and (store is not None or name in here):
            file = files.get(f"loras/{name}")
            trouble = of_file(studio, store, file) if file else NONE
            cards.append(
                {
                    "name": name,
                    "title": name,
                    "about": ", ".join(uses),
                    "size": _lora_size(needed, file),
                    **_licence(needed.licence or "unknown"),
                    **trouble,
                    "again": name if trouble["again"] else "",
                    "is_here": name in here,
                    "can_download": name not in here,
                    "link": f"{HUB}/{needed.repo_id}",
                }
            )
    return cards


def _lora_size(needed: PerformanceLoRA, file: OwnFile | None) -> str:
    if file is not None:
        return f"{in_bytes(file.size_bytes)} on disk"
    return f"{in_mib(needed.size_mib)} to download" if needed.size_mib else ""


def _licence(name: str, written: Licence | None = None) -> dict[str, str]:
    """The badge; what a preset has `written` about the licence is beyond what its name tells."""
    kind = written.pictures if written else allowed_by(name)
    return {
        "badge": BADGES[kind] if kind else UNKNOWN_BADGE,
        "kind": kind or "unknown",
        "licence": written.text if written else NAMELESS.get(name, name),
    }


def _about(title: str, family: str, named: Iterable[Preset]) -> str:
    """Family and presets, without what the title says already."""
    told = _bare(title)
    presets = dict.fromkeys(each.shown_name for each in named)
    shown = ", ".join(each for each in presets if _bare(each) not in told)
    return " · ".join(filter(None, ["" if _bare(family) in told else family, shown]))


def _bare(text: str) -> str:
    """Its letters and digits alone: "FLUX.1-schnell" says the same as "FLUX.1 schnell"."""
    return "".join(filter(str.isalnum, text.casefold()))


def _memory(found: Forecast | None, name: str, named: Sequence[Preset]) -> dict[str, Any]:
    """What it takes on this machine, and why; what a preset says, as long as that is not known."""
    if found is None:
        return {"memory": _said(named), "reason": "", "is_tight": False}
    takes = "takes" if found.is_here else "would take"
    # A refiner makes no pictures alone: those of its preset are meant.
    is_refiner = bool(named) and name != named[0].model
    whose = f" of “{named[0].shown_name}”" if is_refiner else ""
    return {
        "memory": f"A picture{whose} {takes} {found.text}",
        "reason": found.reason,
        "is_tight": found.is_tight,
    }


def _said(named: Iterable[Preset]) -> str:
    for preset in named:
        if preset.memory_gib:
            note = f", {preset.memory_note}" if preset.memory_note else ""
            return f"Graphics card with {preset.memory_gib:g} GiB{note}"
    return ""


def _disk(store: ModelStore | None, used_bytes: int) -> str:
    free = f", {in_bytes(store.free_bytes())} free" if store is not None else ""
    return f"{in_bytes(used_bytes)} used by models{free}"


def _lock_problem(store: ModelStore | None) -> str:
    """What is wrong with the record of downloads, which the host has to put right by hand."""
    try:
        if store is not None:
            store.revisions("")
    except WeightsError as error:
        return error.message
    return ""
