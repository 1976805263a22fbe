"""How the program is doing, as text that Prometheus reads. No word of who asked for what."""

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from threading import Lock

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..line.measures import Measures

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
REMEMBERED = 1_000
QUANTILES = (0.5, 0.95, 0.99)


class Requests:
    """How long the latest calls took to begin their answer, by the route they took."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._latest: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self._count: dict[tuple[str, int], int] = defaultdict(int)
        self._sum: dict[str, float] = defaultdict(float)

    def note(self, route: str, status: int, seconds: float) -> None:
        with self._lock:
            self._latest[route].append(seconds)
            self._count[route, status] += 1
            self._sum[route] += seconds

    def lines(self) -> Iterator[str]:
        """The two metrics of calls, as Prometheus reads them."""
        with self._lock:
            latest = {route: sorted(times) for route, times in self._latest.items()}
            count, total = dict(self._count), dict(self._sum)
        yield "# HELP fooocus_lite_requests_total Calls of the API."
        yield "# TYPE fooocus_lite_requests_total counter"
        for (route, status), number in sorted(count.items()):
            yield f"fooocus_lite_requests_total{_labels(route=route, status=status)} {number}"
        yield "# HELP fooocus_lite_request_seconds Time until an answer began, of the latest 1000."
        yield "# TYPE fooocus_lite_request_seconds summary"
        for route, times in sorted(latest.items()):
            for quantile in QUANTILES:
                place = times[min(len(times) - 1, int(quantile * len(times)))]
                label = _labels(route=route, quantile=quantile)
                yield f"fooocus_lite_request_seconds{label} {place:.6f}"
            number = sum(each for (path, _), each in count.items() if path == route)
            yield f"fooocus_lite_request_seconds_sum{_labels(route=route)} {total[route]:.6f}"
            yield f"fooocus_lite_request_seconds_count{_labels(route=route)} {number}"


class Timed:
    """ASGI middleware that notes every call in `Requests`."""

    def __init__(self, app: ASGIApp, requests: Requests) -> None:
        self.app = app
        self.requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Never the path itself: whoever calls could fill the memory with made-up ones.
                taken = getattr(scope.get("route"), "path", "/…")
                route = scope.get("root_path", "") + taken
                self.requests.note(route, message["status"], time.perf_counter() - started)
            await send(message)

        await self.app(scope, receive, send_noted)


def text(measures: Measures, requests: Requests) -> str:
    """The whole page."""
    return "\n".join([*_of_program(measures), *requests.lines()]) + "\n"


def _of_program(measures: Measures) -> Iterator[str]:
    by_state = {_labels(state=state): count for state, count in sorted(measures.jobs.items())}
    yield from _metric("jobs", "gauge", "Jobs by the state they are in.", by_state)
    yield from _metric("queue_depth", "gauge", "Jobs waiting.", {"": measures.waiting})
    yield from _metric(
        "oldest_wait_seconds", "gauge", "How long the oldest waiting job has waited.",
        {"": measures.oldest_wait_s},
    )  # fmt: skip
    yield from _metric(
        "failures_total", "counter", "Jobs that failed.", {"": measures.jobs.get("failed", 0)}
    )
    yield from _metric(
        "retries_total", "counter", "Tries after the first one of a job.", {"": measures.retries}
    )
    yield from _metric(
        "promoted_total", "counter", "Jobs promoted after a long wait.", {"": measures.promoted}
    )
    yield from _metric(
        "seconds_per_step", "gauge", "Of the newest job that made a step.",
        {"": measures.seconds_per_step},
    )  # fmt: skip
    yield from _metric(
        "seconds_per_picture", "gauge", "The median of the latest 20 pictures.",
        {"": measures.seconds_per_picture},
    )  # fmt: skip
    loads = {_labels(model=model): each for model, each in sorted(measures.load_s.items())}
    yield from _metric("load_seconds", "gauge", "What loading a model took of late.", loads)
    yield from _metric(
        "vram_free_mib", "gauge", "GPU memory that was free after the latest picture.",
        {"": measures.free_vram_mib},
    )  # fmt: skip
    yield from _metric(
        "vram_total_mib", "gauge", "GPU memory in all.", {"": measures.total_vram_mib}
    )


def _metric(name: str, kind: str, words: str, values: Mapping[str, float | None]) -> Iterable[str]:
    """One metric; a value that is not known is left out, and the metric with its only one."""
    known = {label: value for label, value in values.items() if value is not None}
    if known:
        yield f"# HELP fooocus_lite_{name} {words}"
        yield f"# TYPE fooocus_lite_{name} {kind}"
    for label, value in known.items():
        yield f"fooocus_lite_{name}{label} {value:g}"


def _labels(**labels: object) -> str:
    def escaped(value: object) -> str:
        return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items()) + "}"
