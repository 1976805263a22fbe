"""The prompt rules of this program: the built-in ones and those of `rules.json` in the home."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import BadRequest
from ..supplies.data_files import Mistake, complaint, read_json
from ..thinking.rules import DEFAULT_RULES, Rule

FILE_NAME = "rules.json"


class RuleFile(BaseModel):
    """`{"keep_defaults": true, "rules": [...]}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep_defaults: bool = True
    rules: tuple[Rule, ...] = ()


def read_rules(home: Path) -> tuple[Rule, ...]:
    """The rules that hold. Raises BadRequest for a wrong file: no rule may be lost unseen."""
    path = home / FILE_NAME
    if not path.exists():
        return DEFAULT_RULES
    try:
        text, given = read_json(path)
        found = RuleFile.model_validate(given)
    except Mistake as mistake:
        raise BadRequest(f"{mistake} Correct it before sharing.", field="rules") from None
    except ValidationError as error:
        known = {*RuleFile.model_fields, *Rule.model_fields}
        said = complaint(path, text, error, known)
        raise BadRequest(f"{said} Correct it before sharing.", field="rules") from None
    return (*DEFAULT_RULES, *found.rules) if found.keep_defaults else found.rules
