"""`casework serve`, `casework worker`, `casework openapi`."""

from __future__ import annotations

import errno
import signal
import socket
import subprocess
import sys
import threading

import click

from engine.errors import SettingsInvalid
from engine.sentence import Sentence
from web.cli_open import open_database, open_installation
from web.cli_words import say


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址")
@click.option("--port", default=8000, show_default=True, help="监听端口")
@click.option("--processes", default=1, show_default=True, help="进程数（SQLite 只用 1）")
@click.option("--threads", default=8, show_default=True, help="每个进程的线程数")
@click.option("--with-worker", is_flag=True, help="同时启动后台进程")
def serve(host: str, port: int, processes: int, threads: int, with_worker: bool) -> None:
    """启动网页进程。"""
    open_database().dispose()
    from web.server import Server  # noqa: PLC0415 (gunicorn and the pages are needed here only)

    listening = _listen(host, port)
    child = subprocess.Popen([sys.executable, "-m", "web.cli", "worker"]) if with_worker else None
    click.echo(f"\n  http://{host}:{port}   " + say("（按 Ctrl+C 结束）") + "\n")
    try:
        Server(
            {
                "bind": f"fd://{listening.fileno()}",
                "workers": processes,
                "threads": threads,
                "worker_class": "gthread",
                "accesslog": None,
                "loglevel": "warning",
                "graceful_timeout": 10,
            },
        ).run()
    finally:
        if child is not None:
            child.terminate()
            child.wait(timeout=15)


def _listen(host: str, port: int) -> socket.socket:
    """The address, taken before anything is started; refuses one that is not free."""
    try:
        return socket.create_server((host, port))
    except OSError as fault:
        why = "端口已经被别的程序占用" if fault.errno == errno.EADDRINUSE else str(fault.strerror or fault)
        raise SettingsInvalid(
            Sentence("不能在 {host}:{port} 上提供网页：{why}。", host=host, port=port, why=why),
            hint="请换一个端口（--port），或先停下那个程序。",
        ) from fault


@click.command()
@click.option("--once", is_flag=True, help="办完到期的任务就退出")
def worker(once: bool) -> None:
    """启动后台进程：定时、派生案件、对外投递、封存日志。"""
    from engine import worker as background  # noqa: PLC0415 (the machine is needed here only)
    from engine.desk import jobs, season  # noqa: PLC0415 (see above)

    world = open_installation()
    if once:
        season.open_due(world)
        done = jobs.drain(world)
        jobs.seal_log(world)
        click.echo(say("办理了 {0} 个任务。", done))
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    background.serve(world, stop=stop)


@click.command()
def openapi() -> None:
    """打印 OpenAPI 3.1 文档。"""
    import orjson  # noqa: PLC0415 (see below)

    import web.app  # noqa: F401, PLC0415 (enters all routes; the web app is needed by this command only)
    from web.openapi import document  # noqa: PLC0415

    click.echo(orjson.dumps(document(), option=orjson.OPT_INDENT_2).decode())
