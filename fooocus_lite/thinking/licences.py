"""What the licences that model cards name allow, in one word for people who will not read them."""

from typing import Literal

Pictures = Literal["commercial", "conditions", "non-commercial"]

# Names as the Hub writes them, in lower case. Checked against the licence texts in 2026.
_ALLOWED: dict[str, Pictures] = {
    **dict.fromkeys(
        (
            "apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0",
            "unlicense", "openrail", "openrail++", "openrail++-m", "creativeml-openrail-m",
            "bigscience-openrail-m",
        ),
        "commercial",
    ),
    **dict.fromkeys(
        (
            "stabilityai-ai-community", "stabilityai-community", "faipl-1.0-sd",
            "fair-ai-public-license-1.0-sd", "cc-by-sa-4.0", "gemma", "tencent-hunyuan-community",
        ),
        "conditions",
    ),
    **dict.fromkeys(
        (
            "flux-1-dev-non-commercial-license", "flux-dev-non-commercial-license",
            "flux-non-commercial-license", "sai-nc-community", "qwen-research",
            "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "cc-by-nc-2.0",
        ),
        "non-commercial",
    ),
}  # fmt: skip


def allowed_by(licence: str) -> Pictures | None:
    """Whether pictures of a model may be sold; None for a licence that is not known here.

    Any other whose name says that it is non-commercial is taken at its word.
    """
    name = licence.strip().lower().replace(" ", "-").replace("_", "-")
    if name in _ALLOWED:
        return _ALLOWED[name]
    says_no = "non-commercial" in name or "noncommercial" in name or "-nc-" in f"{name}-"
    return "non-commercial" if says_no else None
