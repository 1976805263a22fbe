"""What programs for A1111 send: what is honoured here, and what only may stay switched off."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ..recipe import MAX_COUNT, MAX_SEED

ANY = object()
OFF: Mapping[str, tuple[object, ...]] = MappingProxyType(
    {
        # What asks for nothing, by the name of the field; ANY where only another field matters.
        "enable_hr": (False,),
        "firstphase_width": (0,),
        "firstphase_height": (0,),
        "hr_scale": (ANY,),
        "hr_upscaler": (ANY,),
        "hr_second_pass_steps": (ANY,),
        "hr_resize_x": (ANY,),
        "hr_resize_y": (ANY,),
        "hr_checkpoint_name": (ANY,),
        "hr_sampler_name": (ANY,),
        "hr_scheduler": (ANY,),
        "hr_prompt": (ANY,),
        "hr_negative_prompt": (ANY,),
        "hr_cfg": (ANY,),
        "hr_distilled_cfg": (ANY,),
        "hr_additional_modules": (ANY,),
        "denoising_strength": (ANY,),
        "subseed": (ANY,),
        "subseed_strength": (0,),
        "seed_resize_from_h": (0, -1),
        "seed_resize_from_w": (0, -1),
        "restore_faces": (False,),
        "tiling": (False,),
        "eta": (0, 1),
        "s_churn": (0,),
        "s_tmax": (0,),
        "s_tmin": (0,),
        "s_noise": (1,),
        "s_min_uncond": (0,),
        "script_name": ("",),
        "script_args": (ANY,),
        "alwayson_scripts": (),
        "controlnet_units": ([],),
        "refiner_checkpoint": ("",),
        "refiner_switch_at": (ANY,),
        "disable_extra_networks": (False,),
        "comments": ({},),
        "infotext": ("",),
        "force_task_id": ("",),
        "do_not_save_grid": (ANY,),
        "do_not_save_samples": (False,),
        "save_images": (ANY,),
        "override_settings_restore_afterwards": (ANY,),
        "distilled_cfg_scale": (ANY,),
    }
)


class Txt2ImgRequest(BaseModel):
    """The fields that are honoured. Others are taken when they ask for nothing, else refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: str
    negative_prompt: str = ""
    styles: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    seed: Annotated[int, Field(ge=-1, le=MAX_SEED)] = -1
    batch_size: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 1
    n_iter: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 1
    steps: Annotated[int | None, Field(ge=1, le=150)] = None
    cfg_scale: Annotated[float | None, Field(ge=0, le=30, allow_inf_nan=False)] = None
    width: Annotated[int, Field(ge=64, le=2048)] = 512
    height: Annotated[int, Field(ge=64, le=2048)] = 512
    sampler_name: Annotated[str | None, Field(max_length=100)] = None
    sampler_index: Annotated[str | None, Field(max_length=100)] = None
    scheduler: Annotated[str | None, Field(max_length=100)] = None
    override_settings: "Options | None" = None
    send_images: bool = True

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_off(cls, given: Any) -> Any:
        """The honoured fields alone. Raises an error for another that asks for something."""
        if not isinstance(given, dict):
            return given
        kept: dict[str, Any] = {}
        for name, value in given.items():
            if name not in OFF:
                kept[name] = value
            elif not _is_off(name, value):
                raise PydanticCustomError(
                    "not_honoured", "{field} cannot be honoured here. Leave it out", {"field": name}
                )
        return kept


class Options(BaseModel):
    """The one setting of theirs that can be changed here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sd_model_checkpoint: Annotated[str | None, Field(max_length=300)] = None


class PngInfoRequest(BaseModel):
    """`image` is a picture file in base64, with or without "data:image/png;base64," before it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str


def _is_off(name: str, value: object) -> bool:
    """Whether the field asks for nothing."""
    if value is None or ANY in OFF[name]:
        return True
    if name == "alwayson_scripts":
        scripts = value.values() if isinstance(value, dict) else [value]
        return all(isinstance(each, dict) and _has_no_wish(each.get("args")) for each in scripts)
    return value in OFF[name]


def _has_no_wish(arguments: object) -> bool:
    """Programs name scripts they do not use, with no arguments or a single `false`."""
    return arguments in ([], [False], None)
