"""What a program asks for: the one `ImageRequest` of all doors, under the names people use."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from ..recipe import ImageRequest

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "steps": "num_inference_steps",
        "cfg_scale": "guidance_scale",
        "cfg": "guidance_scale",
        "sampler": "scheduler",
        "sampler_name": "scheduler",
        "n": "count",
        "batch_size": "count",
        "num_images": "count",
        "num_images_per_prompt": "count",
        "format": "image_format",
        "output_format": "image_format",
        "aspect_ratio": "aspect",
    }
)


class GenerateRequest(ImageRequest):
    """A request for pictures. `null`, or a field left out, means "you choose".

    Also understood: steps, cfg_scale, cfg, sampler, sampler_name, n, batch_size, num_images,
    num_images_per_prompt, format, output_format, aspect_ratio.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"prompt": "a red apple on a table", "count": 2}]},
    )

    webhook: Annotated[
        str | None,
        Field(
            max_length=2_000,
            description="An http or https address that is told, signed, when the job has ended.",
        ),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _under_their_own_names(cls, given: Any) -> Any:
        """The same values with each alias replaced by the field it stands for."""
        if not isinstance(given, dict):
            return given
        named: dict[str, Any] = {}
        for name, value in given.items():
            field = ALIASES.get(name, name)
            if field in named:
                raise ValueError(f"{field} is given twice, once as {name}. Give it once")
            named[field] = value
        return named

    def image_request(self) -> ImageRequest:
        """What the studio is asked, without what only HTTP knows."""
        values = {name: getattr(self, name) for name in ImageRequest.model_fields}
        return ImageRequest.model_validate(values)
