"""What is said of a name that is not there."""

import pytest

from fooocus_lite.errors import UnknownName


@pytest.mark.parametrize(
    ("known", "folder", "says"),
    [
        (["inky"], "models/loras", "Did you mean “inky”?"),
        (["chalk"], "models/loras", "There is: chalk. Your own belong into models/loras."),
        ([], "models/loras", "There is no LoRA here yet: put one into models/loras."),
        (["chalk"], None, "There is: chalk."),
        ([], None, "There is no LoRA here yet."),
    ],
)
def test_an_unknown_name_says_what_is_near_or_where_files_go(known, folder, says):
    error = UnknownName.among("lora", "ink", known, folder)
    assert error.message == f"There is no LoRA called “ink”. {says}"
    assert (error.field, error.allowed) == ("lora", sorted(known))
