"""What programs for A1111 send: what is honoured here, and what only may stay switched off."""

import base64
import binascii
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ..errors import BadRequest
from ..recipe import MAX_COUNT, MAX_SEED, Strength

ANY = object()
Off = Mapping[str, tuple[object, ...]]
OFF: Off = MappingProxyType(
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
OFF_WITH_IMAGE: Off = MappingProxyType(
    {
        **{name: values for name, values in OFF.items() if name != "denoising_strength"},
        "mask": ("",),
        "latent_mask": ("",),
        "mask_blur": (ANY,),
        "mask_blur_x": (ANY,),
        "mask_blur_y": (ANY,),
        "mask_round": (ANY,),
        "inpainting_fill": (ANY,),
        "inpaint_full_res": (ANY,),
        "inpaint_full_res_padding": (ANY,),
        "inpainting_mask_invert": (ANY,),
        # The picture is cut to shape, which is their 1; 0 is what they send when nobody chose.
        "resize_mode": (0, 1),
        "image_cfg_scale": (ANY,),
        "initial_noise_multiplier": (1,),
    }
)


class Txt2ImgRequest(BaseModel):
    """The fields that are honoured. Others are taken when they ask for nothing, else refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    off: ClassVar[Off] = OFF

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
            if name not in cls.off:
                kept[name] = value
            elif not _is_off(name, value, cls.off[name]):
                raise PydanticCustomError(
                    "not_honoured", "{field} cannot be honoured here. Leave it out", {"field": name}
                )
        return kept


class Img2ImgRequest(Txt2ImgRequest):
    """As for txt2img, and a picture to start from, which is cut to shape around its middle."""

    off: ClassVar[Off] = OFF_WITH_IMAGE

    init_images: Annotated[
        tuple[str, ...],
        Field(
            description="One PNG, JPEG or WebP file in base64, with or without "
            "“data:image/png;base64,” before it."
        ),
    ]
    denoising_strength: Annotated[
        Strength | None,
        Field(description="How much of it may change; null: the model family's own."),
    ] = None
    include_init_images: Annotated[
        bool, Field(description="Whether `parameters` of the answer has them.")
    ] = False

    def init_image(self) -> bytes:
        """The bytes of the one picture. Raises BadRequest."""
        if len(self.init_images) != 1:
            raise BadRequest(
                f"init_images has {len(self.init_images)} pictures; a job starts from one. "
                "Send one.",
                field="init_images",
            )
        return decoded(self.init_images[0], "init_images")


class Options(BaseModel):
    """The one setting of theirs that can be changed here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sd_model_checkpoint: Annotated[str | None, Field(max_length=300)] = None


class PngInfoRequest(BaseModel):
    """`image` is a picture file in base64, with or without "data:image/png;base64," before it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str


def decoded(text: str, field: str) -> bytes:
    """The bytes of a file in base64, with or without the start of a data URL. Raises BadRequest."""
    _, comma, rest = text.partition(",")
    try:
        return base64.b64decode(rest if comma else text, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("The image is not in base64.", field=field) from None


def _is_off(name: str, value: object, nothing: tuple[object, ...]) -> bool:
    """Whether the field asks for nothing."""
    if value is None or ANY in nothing:
        return True
    if name == "alwayson_scripts":
        scripts = value.values() if isinstance(value, dict) else [value]
        return all(isinstance(each, dict) and _has_no_wish(each.get("args")) for each in scripts)
    return value in nothing


def _has_no_wish(arguments: object) -> bool:
    """Programs name scripts they do not use, with no arguments or a single `false`."""
    return arguments in ([], [False], None)
