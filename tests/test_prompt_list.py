"""Several prompts in one text."""

import pytest

from fooocus_lite.errors import BadRequest, LineFull, TooMany
from fooocus_lite.thinking.prompt_list import in_line, only_first, prompts_in


def test_each_line_is_a_prompt_with_its_number():
    text = "\ufeffa fox\r\n\r\n# a note\n  a hen  \n\t# another\n🦊 ثعلب"
    assert prompts_in(text) == {1: "a fox", 4: "a hen", 6: "🦊 ثعلب"}


@pytest.mark.parametrize("text", ["", "\n \n", "# only a note"])
def test_a_text_without_a_prompt_is_refused(text):
    with pytest.raises(BadRequest, match="no prompt in this text"):
        prompts_in(text)


def test_a_mistake_is_said_with_its_line():
    said = in_line(7, BadRequest("Too large.", field="size", allowed=[1, 2]))
    assert (said.message, said.field, said.allowed) == ("Line 7: Too large.", "size", ["1", "2"])


def test_it_is_said_how_many_have_room_and_when_to_ask_again():
    said = only_first(1, 3, TooMany("No.", retry_after_s=60))
    assert said.message.startswith("Of these 3 prompts only the first one fits into the line now")
    assert said.retry_after_s == 60
    said = only_first(2, 3, LineFull("No."))
    assert "only the first 2 fit into" in said.message
    assert said.retry_after_s is None
