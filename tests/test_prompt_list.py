"""Several prompts in one text."""

import pytest

from fooocus_lite.errors import BadRequest
from fooocus_lite.thinking.prompt_list import in_line, prompts_in


def test_each_line_is_a_prompt_with_its_number():
    text = "\ufeffa fox\r\n\r\n# a note\n  a hen  \n\t# another\n🦊 ثعلب"
    assert prompts_in(text) == {1: "a fox", 4: "a hen", 6: "🦊 ثعلب"}


@pytest.mark.parametrize("text", ["", "\n \n", "# only a note"])
def test_a_text_without_a_prompt_is_refused(text):
    with pytest.raises(BadRequest, match="no prompt in it"):
        prompts_in(text)


def test_a_mistake_is_said_with_its_line():
    said = in_line(7, BadRequest("Too large.", field="size", allowed=[1, 2]))
    assert (said.message, said.field, said.allowed) == ("Line 7: Too large.", "size", ["1", "2"])
