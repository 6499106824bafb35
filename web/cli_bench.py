"""`casework bench [NAME] [--json] [--n N]`: what the product costs on this machine, beside its budgets."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import click
from tqdm import tqdm

from engine.access.session import open_session
from engine.desk.bench import BENCHES, Bench
from engine.desk.bench.ground import Stopwatch, Tell, counted, figure, ground, waiting, within
from engine.desk.bench.inbox import fill
from engine.desk.bench.step import doer, start
from engine.desk.world import World
from engine.errors import Unavailable
from engine.people import Person
from web.app import create_app

HTTP_STEPS = 50
HTTP_BUDGETS = {"cpu_ms": 12.0, "statements": 18, "commits": 1}
PAGE_ITEMS = 100_000
LOOP = 200_000
TOGETHER = {"step": ("step", "http", "plan", "start")}
"""What a step costs: by itself, over HTTP, among ten thousand cases, and until these have begun."""
PAGE_BUDGETS = {"cpu_ms": 15.0}


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="每个结果一行 JSON")
@click.option("--n", "number", type=click.IntRange(min=1), default=None, help="规模（省略则用规定的规模）")
def bench(name: str | None, as_json: bool, number: int | None) -> None:
    """性能测量；不写名称则全部运行，step 含 http、plan、start。每项在自己的临时数据库上进行。"""
    benches: Mapping[str, Bench] = {**BENCHES, "http": bench_http, "page": bench_page}
    if name is not None and name not in benches:
        raise click.UsageError(f"没有名为“{name}”的测量。可用：{'、'.join(benches)}。")
    for each in TOGETHER.get(name, (name,)) if name else benches:
        loops = [loop_ms()]
        try:
            with tqdm(desc=each, unit="", disable=None, leave=False, file=sys.stderr) as bar:
                results = list(benches[each](number or 0, lambda done: bar.update(done) and None))
        except Unavailable as missing:
            if name:
                raise
            click.echo(f"{each}：{missing}", err=True)
            continue
        loops.append(loop_ms())
        for result in results:
            said = {**result, "loop_ms": loops}
            click.echo(json.dumps(said, ensure_ascii=False) if as_json else in_words(said))


def loop_ms() -> float:
    """How fast the machine is just now: CPU milliseconds of a fixed loop, the best of five.

    Processors that share a machine change their speed twofold within minutes; two runs are compared by it.
    """
    best = float("inf")
    for _ in range(5):
        began, total = time.process_time(), 0
        for each in range(LOOP):
            total += each
        best = min(best, time.process_time() - began)
    return round(best * 1000, 2)


def in_words(result: Mapping[str, Any]) -> str:
    """A result for people: figures, and for each budget whether it holds."""
    before, after = result["loop_ms"]
    head = f"{result['name']}  n={result['n']}  {result['seconds']} 秒（参照循环 {before} → {after} 毫秒）"
    if not isinstance(result.get("budgets"), Mapping):
        return head
    figures = result.get("figures", result)
    lines = [
        f"  {key}: {figures[key]}（预算 {most}，{'符合' if figures[key] <= most else '超出'}）"
        for key, most in result["budgets"].items()
    ]
    return "\n".join([head, *lines])


def bench_http(number: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """Completing a step over HTTP, in process: CPU of the whole request, session and rights included."""
    steps = number or HTTP_STEPS
    with ground() as world:
        app = create_app(world)
        app.config.update(
            WTF_CSRF_ENABLED=False
        )  # the token costs a hash; the page it stands on is another request
        watch, cpu, statements, commits = Stopwatch(), 0.0, 0, 0
        secrets = {who: _sign_in(world, who) for who in (1, 2)}
        for done in range(steps + 10):
            if done % 10 == 0:
                start(world)
            with world.database.reading() as session:
                item = waiting(session, "bench_row")
            client = app.test_client()
            client.set_cookie("casework", secrets[doer(item)])
            answers = {"decision": "agree", "note": "无", "idempotency_key": f"http-{done}"}
            with counted(world) as seen:
                began = time.process_time()
                answer = client.post(f"/tasks/{item.id}", data=answers)
                spent = time.process_time() - began
            if answer.status_code != 303:  # noqa: PLR2004 (done, see the inbox)
                raise click.ClickException(f"办理返回 {answer.status_code}。")
            if done >= 10:  # noqa: PLR2004 (the first ones compile templates and statements)
                cpu += spent
                statements, commits = max(statements, seen.statements), max(commits, seen.commits)
                tell(1)
        figures = {
            "cpu_ms": round(cpu / steps * 1000, 2), "statements": statements, "commits": commits,
        }  # fmt: skip
        yield figure("http", steps, watch, **figures, **within(figures, HTTP_BUDGETS))


def bench_page(number: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """The inbox over very many open items as a browser gets it, in process: session, queries, fifty rows drawn."""
    items = number or PAGE_ITEMS
    with ground() as world:
        fill(world, items, tell)
        client = create_app(world).test_client()
        client.set_cookie("casework", _sign_in(world, 1))
        watch, best = Stopwatch(), float("inf")
        for _ in range(20):
            began = time.process_time()
            answer = client.get("/")
            best = min(best, time.process_time() - began)
        if answer.status_code != 200:  # noqa: PLR2004 (shown)
            raise click.ClickException(f"待办返回 {answer.status_code}。")
        figures = {"cpu_ms": round(best * 1000, 2)}
        more = {"bytes": len(answer.data)}
        yield figure("page", items, watch, **figures, **more, **within(figures, PAGE_BUDGETS))


def _sign_in(world: World, who: int) -> str:
    with world.database.transaction() as session:
        _row, secret = open_session(session, session.get_one(Person, who))
    return secret
