"""Several prompts in one text: one a line, with the number of the line for messages."""

from ..errors import BadRequest, LineFull, TooMany


def prompts_in(text: str) -> dict[int, str]:
    """Line number, from 1, to prompt. Blank lines, and those that begin with #, are left out.

    Raises BadRequest when nothing is left.
    """
    lines = enumerate(text.removeprefix("\ufeff").splitlines(), start=1)
    prompts = {number: line.strip() for number, line in lines if line.strip()[:1] not in ("", "#")}
    if not prompts:
        raise BadRequest("There is no prompt in this text. Write one a line.", field="file")
    return prompts


def in_line(number: int, error: BadRequest) -> BadRequest:
    """The same mistake, with the line it is in."""
    text = f"Line {number}: {error.message}"
    return BadRequest(text, field=error.field, allowed=error.allowed)


def only_first(fit: int, asked: int, error: TooMany | LineFull) -> TooMany:
    """The refusal of a list of which only some have room."""
    first = "first one fits" if fit == 1 else f"first {fit} fit"
    return TooMany(
        f"Of these {asked} prompts only the {first} into the line now, so none was added. "
        "Send fewer, or wait until more of yours are done.",
        retry_after_s=error.retry_after_s if isinstance(error, TooMany) else None,
    )
