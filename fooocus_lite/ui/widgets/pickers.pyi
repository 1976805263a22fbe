"""Pickers drawn by us: aspect buttons, style cards, and the chips of what is chosen."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ...thinking.families import Aspect
from .asset import asset

class AspectPicker(gr.HTML):
    """Drawn shapes with their pixel sizes; `value` is the chosen aspect's name."""

    def __init__(
        self, aspects: Sequence[dict[str, Any]] = (), value: str = "", **given: Any
    ) -> None:
        super().__init__(
            value=value,
            aspects=list(aspects),
            html_template=asset("widgets/aspect.html"),
            js_on_load=asset("widgets/aspect.js"),
            apply_default_css=False,
            **given,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class StylePicker(gr.HTML):
    """Cards with search and categories; `value` is the list of chosen names, in order of choice."""

    def __init__(
        self, styles: Sequence[dict[str, Any]] = (), value: Sequence[str] = (), **given: Any
    ) -> None:
        super().__init__(
            value=list(value),
            styles=list(styles),
            html_template=asset("widgets/styles.html"),
            js_on_load=asset("widgets/styles.js"),
            apply_default_css=False,
            **given,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}}
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class StyleChips(gr.HTML):
    """What is chosen, always in sight; each chip takes its style away."""

    def __init__(self, **given: Any) -> None:
        super().__init__(
            html_template=asset("widgets/chips.html"),
            js_on_load=asset("widgets/chips.js"),
            apply_default_css=False,
            **given,
        )
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class Examples(gr.HTML):
    """Prompts to start from; a click writes one into the box. `value` is the list of them."""

    def __init__(self, value: Sequence[str] = (), **given: Any) -> None:
        super().__init__(
            value=list(value),
            html_template=asset("widgets/examples.html"),
            js_on_load=asset("widgets/examples.js"),
            apply_default_css=False,
            **given,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}}
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

def aspect_shapes(aspects: Sequence[Aspect]) -> list[dict[str, Any]]:
    return [{"name": each.name, "width": each.width, "height": each.height} for each in aspects]
