"""Every command and flag, in one place. Values stay text: the request checks them."""

from argparse import SUPPRESS, ArgumentParser, _SubParsersAction
from typing import Any

from .. import __version__

SETTING_FLAGS = (
    "listen",
    "port",
    "share",
    "open",
    "users",
    "ssl_certfile",
    "ssl_keyfile",
    "preset",
    "theme",
    "output_path",
    "log_level",
    "language",
    "mcp",
)


def build() -> ArgumentParser:
    """The whole command line. Without a command it is the page."""
    parser = ArgumentParser(
        prog="fooocus-lite",
        description="Type a prompt, get a picture. Without a command: opens the page.",
    )
    parser.add_argument("--version", action="version", version=f"Fooocus Lite {__version__}")
    _page_flags(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Command)
    _generate(commands)
    _replay(commands)
    _inspect(commands)
    _lists(commands)
    _sharing(commands)
    doctor = commands.add_parser("doctor", help="what this machine is and whether all is well")
    doctor.add_argument("--json", action="store_true", help="one JSON object")
    doctor.add_argument(
        "--bundle", action="store_true", help="a zip for a bug report: no prompts, no secrets"
    )
    _common(doctor)
    return parser


class _Command(ArgumentParser):
    """A command, whose words may stand before, between and after its flags.

    argparse by itself takes the words of `styles sheet --seed 4 "a fox"` for unknown ones, and
    shows the usage of the whole program to whoever mistypes the flag of a command.
    """

    _is_intermixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        # argparse reads words and flags apart, each by a call of this method.
        if self._is_intermixing or self._subparsers is not None:
            return super().parse_known_args(args, namespace)
        self._is_intermixing = True
        try:
            found, unknown = self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_intermixing = False
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown


def _page_flags(parser: ArgumentParser) -> None:
    page = parser.add_argument_group("the page")
    page.add_argument(
        "--listen", nargs="?", const="0.0.0.0", metavar="IP", help="let other machines in"
    )
    page.add_argument("--port", help="default 7865; taken, then the next free one")
    page.add_argument("--share", action="store_const", const=True, help="a public Gradio link")
    page.add_argument("--preset", help="the preset the page begins with")
    page.add_argument("--theme", help="auto, light or dark")
    page.add_argument("--disable-in-browser", action="store_true", help="do not open a browser")
    page.add_argument("--users", metavar="FILE", help="who may log in (docs/sharing.md)")
    page.add_argument(
        "--open", action="store_const", const=True, help="let in everybody who has the address"
    )
    page.add_argument("--ssl-certfile", metavar="FILE", help="for https: the certificate")
    page.add_argument("--ssl-keyfile", metavar="FILE", help="for https: its private key")
    page.add_argument(
        "--mcp", action="store_const", const=True, help="let assistants ask, at /mcp (docs/api.md)"
    )
    page.add_argument("--language", help="language of the page: en")
    page.add_argument("--output-path", metavar="FOLDER", help="where pictures are saved")
    page.add_argument("--log-level", help="debug, info, warning or error")


def _common(parser: ArgumentParser) -> None:
    """Flags that a command shares with the page; left out, the page's value stands."""
    parser.add_argument(
        "--output-path", metavar="FOLDER", default=SUPPRESS, help="where pictures are saved"
    )
    parser.add_argument("--log-level", default=SUPPRESS, help="debug, info, warning or error")


def _generate(commands: "_SubParsersAction[_Command]") -> None:
    parser = commands.add_parser("generate", help="make pictures from a prompt")
    parser.add_argument("prompt", nargs="*", metavar="PROMPT", help="what you want to see")
    parser.add_argument(
        "--file", metavar="PROMPTS.TXT", help="one prompt a line instead; # begins a note"
    )
    parser.add_argument("--negative", metavar="TEXT", help="what you do not want to see")
    parser.add_argument("--style", action="append", metavar="NAME", help="may be repeated")
    parser.add_argument("--preset", default=SUPPRESS, metavar="NAME")
    parser.add_argument("--model", metavar="NAME")
    parser.add_argument("--performance", metavar="NAME", help="such as Quality or Speed")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--aspect", metavar="W:H", help="such as 3:2")
    shape.add_argument("--size", metavar="WxH", help="in pixels, such as 256x192")
    parser.add_argument("--count", metavar="N", help="pictures, 1 to 32")
    parser.add_argument("--seed", metavar="N", help="-1 is random")
    parser.add_argument(
        "--wildcards-in-order",
        action="store_true",
        help="picture 1 takes line 1 of each wildcard, and so on, instead of any",
    )
    parser.add_argument("--steps", metavar="N")
    parser.add_argument("--guidance", metavar="X")
    parser.add_argument("--scheduler", metavar="NAME", help="such as euler or dpmpp_2m_karras")
    parser.add_argument("--lora", action="append", metavar="NAME:WEIGHT", help="may be repeated")
    parser.add_argument("--image", metavar="FILE", help="a picture to start from")
    parser.add_argument(
        "--strength", metavar="X", help="how much of it may change: 0.1 a little, 1 everything"
    )
    parser.add_argument("--format", metavar="png|jpeg|webp")
    parser.add_argument(
        "--priority", metavar="turbo|fast|relax", help="when the page's line makes it"
    )
    parser.add_argument(
        "--no-metadata", action="store_true", help="keep the prompt out of the file"
    )
    parser.add_argument(
        "--download", action="store_true", help="first get a model that is missing, however large"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be made")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    _common(parser)


def _replay(commands: "_SubParsersAction[_Command]") -> None:
    parser = commands.add_parser("replay", help="make a picture again and compare")
    parser.add_argument("picture", metavar="PICTURE", help="or a recipe file, or a recipe link")
    parser.add_argument(
        "--image", metavar="FILE", help="the picture it started from, when that is no longer here"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    _common(parser)


def _inspect(commands: "_SubParsersAction[_Command]") -> None:
    parser = commands.add_parser("inspect", help="what a picture says about how it was made")
    parser.add_argument("picture", metavar="PICTURE")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--link", action="store_true", help="only its recipe, as a link")
    _common(parser)


def _models(commands: "_SubParsersAction[_Command]") -> None:
    actions = _actions(
        commands.add_parser("models", help="the models: what is here, and getting others")
    )
    actions.add_parser("list", help="what is here, and what presets name (without an ACTION, too)")
    info = actions.add_parser("info", help="one more closely, here or on the Hub")
    download = actions.add_parser("download", help="get it from the Hub, or go on where it ended")
    verify = actions.add_parser("verify", help="read it again: is every byte still right?")
    remove = actions.add_parser("remove", help="delete its files")
    convert = actions.add_parser("convert", help="safetensors files of .ckpt, .pt, .pth and .bin")
    for parser in (info, download):
        parser.add_argument(
            "name",
            nargs="?",
            metavar="NAME",
            help="a preset's name, owner/name of the Hub, a link, or a file",
        )
    _download_flags(download)
    verify.add_argument(
        "name", nargs="?", metavar="NAME", help="only this, as `models list` writes it"
    )
    remove.add_argument("name", nargs="?", metavar="NAME", help="as `models list` writes it")
    remove.add_argument("--yes", action="store_true", help="really delete it")
    convert.add_argument("files", nargs="*", metavar="FILE", help="the originals stay")
    _json_and_common(actions)


def _actions(parser: "_Command") -> "_SubParsersAction[_Command]":
    """The actions of a command, each with flags and a --help of its own; "list" without one."""
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    _common(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", parser_class=_Command)
    parser.set_defaults(action="list")
    return actions


def _json_and_common(actions: "_SubParsersAction[_Command]") -> None:
    for parser in actions.choices.values():
        parser.add_argument(
            "--json", action="store_true", default=SUPPRESS, help="one JSON object a line"
        )
        _common(parser)


def _download_flags(parser: ArgumentParser) -> None:
    parser.add_argument("--revision", metavar="REVISION", help="branch, tag or commit of the Hub")
    parser.add_argument("--variant", metavar="VARIANT", help="such as fp16 or bf16, or plain")
    parser.add_argument(
        "--file", action="append", metavar="FILE", help="only this file; may be repeated"
    )
    parser.add_argument(
        "--config-only", action="store_true", help="all but the weights, for a checkpoint of yours"
    )
    parser.add_argument("--update", action="store_true", help="the newest, not the one in use")


def _lists(commands: "_SubParsersAction[_Command]") -> None:
    presets = _actions(commands.add_parser("presets", help="the presets that are here"))
    presets.add_parser("list", help="which work now, and what the others need")
    check = presets.add_parser("check", help="what is wrong with a preset file, or with any")
    check.add_argument("file", nargs="?", metavar="FILE", help="only this file")
    _models(commands)
    styles = _actions(commands.add_parser("styles", help="the styles that are here"))
    styles.add_parser("list", help="each with its wording")
    render = styles.add_parser("render", help="make the pictures of their cards")
    render.add_argument("names", nargs="*", metavar="NAME", help="only these styles")
    render.add_argument("--all", action="store_true", help="also those that are there")
    sheet = styles.add_parser("sheet", help="one prompt in many styles")
    sheet.add_argument("names", nargs="*", metavar="PROMPT", help="what you want to see")
    sheet.add_argument(
        "--style", action="append", metavar="NAME", help="in place of twelve that suit; repeatable"
    )
    sheet.add_argument("--seed", default="-1", metavar="N", help="-1 is random")
    history = commands.add_parser("history", help="the pictures made so far")
    rows = _actions(history)
    listing = rows.add_parser("list", help="the newest pictures (without an ACTION, too)")
    for parser, search, limit in ((history, "", 20), (listing, SUPPRESS, SUPPRESS)):
        parser.add_argument("--search", default=search, metavar="WORDS", help="only with these")
        parser.add_argument("--limit", type=int, default=limit, metavar="N", help="20 if left out")
    rows.add_parser("rebuild", help="the list again, from the recipes inside the pictures")
    for actions in (presets, styles, rows):
        _json_and_common(actions)


def _sharing(commands: "_SubParsersAction[_Command]") -> None:
    users = commands.add_parser("users", help="who may log in when the page is shared")
    users.add_argument(
        "action",
        nargs="?",
        choices=["list", "add", "remove", "log-out", "key", "audit"],
        default="list",
    )
    users.add_argument(
        "words", nargs="*", metavar="WORD", help="NAME; for key: add|remove|list NAME [KEY-NAME]"
    )
    users.add_argument("--tier", metavar="TIER", help="free, standard or pro")
    users.add_argument(
        "--host", action="store_const", const=True, help="may also change models and presets"
    )
    users.add_argument("--password-stdin", action="store_true", help="read the password from there")
    users.add_argument("--generate", action="store_true", help="make a password and print it once")
    users.add_argument("--users", metavar="FILE", default=SUPPRESS, help="the users file")
    users.add_argument("--limit", type=int, default=50, metavar="N", help="for audit: lines")
    share = commands.add_parser("share", help="end or resume what others may do here")
    share.add_argument("action", choices=["stop", "start"])
    for parser in (users, share):
        parser.add_argument("--json", action="store_true", help="one JSON object a line")
        _common(parser)
