"""Colours, type and the text that goes into the page's head. Our own look, light and dark."""

import json
from typing import Literal

from gradio.themes import Base
from gradio.themes.utils import colors, sizes

from .widgets.asset import asset

FONTS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
SHEETS = (
    "assets/page.css", "assets/panels.css", "assets/styles.css", "assets/prompt.css",
    "assets/drop.css", "assets/presets.css", "assets/models.css",
    "assets/queue.css",
)  # fmt: skip
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
EMBER = colors.Color(
    name="ember", c50="#fdf4ef", c100="#fbe4d8", c200="#f6c6b0", c300="#f0a180", c400="#ec7f55",
    c500="#dd5a2b", c600="#c04418", c700="#9e3614", c800="#7f2d14", c900="#672813", c950="#371106",
)  # fmt: skip
STONE = colors.Color(
    name="stone", c50="#faf9f7", c100="#f4f2ef", c200="#e7e3de", c300="#d5d0c9", c400="#aaa39b",
    c500="#6f6962", c600="#57514b", c700="#3d3833", c800="#27231f", c900="#1c1916", c950="#141210",
)  # fmt: skip
# Gradio's own names; a star takes a colour or size from the ones above.
PAGE = {
    "body_background_fill": "*neutral_100",
    "body_background_fill_dark": "*neutral_950",
    "body_text_color": "*neutral_900",
    "body_text_color_dark": "*neutral_100",
    "body_text_color_subdued": "*neutral_500",
    "body_text_color_subdued_dark": "*neutral_400",
    "block_background_fill": "transparent",
    "block_background_fill_dark": "transparent",
    "block_border_width": "0px",
    "block_padding": "0px",
    "block_title_text_color": "*neutral_600",
    "block_title_text_color_dark": "*neutral_300",
    "block_title_text_size": "*text_sm",
    "block_title_text_weight": "600",
}
INPUTS = {
    "input_background_fill": "white",
    "input_background_fill_dark": "*neutral_800",
    "input_border_color": "*neutral_300",
    "input_border_color_dark": "*neutral_700",
    "input_border_color_focus": "*primary_500",
    "input_border_color_focus_dark": "*primary_400",
    "input_radius": "10px",
    "input_placeholder_color": "*neutral_500",
    "input_placeholder_color_dark": "*neutral_400",
    "slider_color": "*primary_600",
    "slider_color_dark": "*primary_400",
    "checkbox_background_color_selected": "*primary_600",
    "checkbox_background_color_selected_dark": "*primary_500",
}
BUTTONS = {
    "button_large_radius": "12px",
    "button_medium_radius": "10px",
    "button_small_radius": "10px",
    "button_primary_background_fill": "*primary_600",
    "button_primary_background_fill_hover": "*primary_700",
    "button_primary_background_fill_dark": "*primary_400",
    "button_primary_background_fill_hover_dark": "*primary_300",
    "button_primary_text_color": "white",
    "button_primary_text_color_dark": "*primary_950",
    "button_secondary_background_fill": "*neutral_200",
    "button_secondary_background_fill_hover": "*neutral_300",
    "button_secondary_background_fill_dark": "*neutral_800",
    "button_secondary_background_fill_hover_dark": "*neutral_700",
    "button_secondary_text_color": "*neutral_900",
    "button_secondary_text_color_dark": "*neutral_100",
}


def theme() -> Base:
    """Gradio's own parts in our colours; everything else is drawn by assets/page.css."""
    return Base(
        primary_hue=EMBER,
        secondary_hue=STONE,
        neutral_hue=STONE,
        radius_size=sizes.radius_lg,
        text_size=sizes.text_md,
        font=FONTS,
        font_mono=MONO,
    ).set(**PAGE, **INPUTS, **BUTTONS)


def head(forced: Literal["auto", "light", "dark"], has_account: bool = False) -> str:
    """Styles and scripts every region shares; `forced` beats what the system prefers.

    `has_account`: a button leads to one's account.

    Not through `launch(css=...)`: that writes each rule twice, the second time with a prefix that
    beats every rule about the state of the body.
    """
    styles = "".join(map(asset, SHEETS))
    scripts = [
        f"window.fooocusLiteTheme = {json.dumps(forced)};",
        asset("assets/page.js"),
        asset("assets/viewer.js"),
        asset("assets/prompt.js"),
        asset("assets/keys.js"),
        asset("assets/sheet.js"),
        asset("assets/drop.js"),
        asset("assets/attention.js"),
        asset("assets/models.js"),
        asset("assets/model_cards.js"),
    ]
    if has_account:
        scripts.append(asset("assets/account.js"))
    meta = '<meta name="color-scheme" content="light dark">'
    return f"{meta}<style>{styles}</style>" + "".join(
        f"<script>{each}</script>" for each in scripts
    )
