"""Presets: a named set of defaults for people who just want to start."""

from pydantic import BaseModel, ConfigDict, Field

from ..recipe import LoRA


class Preset(BaseModel):
    """Defaults for one kind of work. Anything the person sets, and performance, beats them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80, pattern=r"^[\w .+-]+$")
    title: str = Field(default="", max_length=120)
    description: str = Field(default="", max_length=500)
    model: str = Field(min_length=1, max_length=200)
    performance: str | None = None
    aspect: str | None = None
    styles: tuple[str, ...] = ()
    negative_prompt: str = ""
    num_inference_steps: int | None = Field(default=None, ge=1, le=150)
    guidance_scale: float | None = Field(default=None, ge=0, le=30)
    scheduler: str | None = None
    loras: tuple[LoRA, ...] = ()
    examples: tuple[str, ...] = ()
