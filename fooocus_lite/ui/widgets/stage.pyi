"""The stage: live preview, progress and finished pictures; and the page's quiet helpers."""

from typing import Any

import gradio as gr

from ..progress import IDLE
from .asset import asset

class _Widget(gr.HTML):
    """A `gr.HTML` whose template never shows its value: scripts paint it, as text."""

    name_of_files = ""

    def __init__(self, value: Any = None, **given: Any) -> None:
        super().__init__(
            value=value,
            html_template=asset(f"widgets/{self.name_of_files}.html"),
            js_on_load=asset(f"widgets/{self.name_of_files}.js"),
            apply_default_css=False,
            **given,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class Stage(_Widget):
    """`value` is a frame of progress.py."""

    name_of_files = "stage"

    def __init__(self, **given: Any) -> None:
        super().__init__(value=IDLE, **given)
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class Strip(_Widget):
    """The finished pictures of this visit; `value` holds a job's cards, newest job last."""

    name_of_files = "strip"

    def __init__(self, **given: Any) -> None:
        super().__init__(value={"job": "", "pictures": []}, **given)
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class MessageLine(_Widget):
    """One calm sentence when something needs saying; `value` is {"kind", "text"}."""

    name_of_files = "message"

    def __init__(self, **given: Any) -> None:
        super().__init__(value={"kind": "", "text": ""}, **given)
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class HistoryPanel(_Widget):
    """Pictures of earlier visits, fetched when the panel opens."""

    name_of_files = "history"
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class Bridge(_Widget):
    """Lets scripts ask Python: `input` carries a picture's id, `click` asks to follow again."""

    name_of_files = "bridge"
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component
