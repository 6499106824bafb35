"""The command `casework`: each command in its own module, loaded when it is called.

Exit 0 on success, 1 when a check fails or a rule refuses, 2 on wrong usage; an error is one readable line.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import Any, NoReturn

import click

from engine.errors import CaseworkError, ModelInvalid
from web.cli_words import click_speaks, print_json, refusal, say, spoken, translate

COMMANDS = {
    "serve": ("web.cli_run", "网页进程"),
    "worker": ("web.cli_run", "后台进程"),
    "demo": ("web.cli_demo", "不用浏览器，走完一个抽查年度"),
    "db": ("web.cli_db", "数据库：升级、核对、备份、恢复"),
    "pack": ("web.cli_pack", "规则包：参数、强度、依据"),
    "calendar": ("web.cli_calendar", "工作日历"),
    "registry": ("web.cli_registry", "名录库导入导出"),
    "release": ("web.cli_release", "流程发布：检查、发布、比较、导出、预演"),
    "feel": ("web.cli_rules", "计算一个 FEEL 表达式"),
    "decide": ("web.cli_rules", "计算一个 DMN 决策"),
    "draw": ("web.cli_draw", "随机抽取：计算、核验、查看"),
    "audit": ("web.cli_audit", "审计日志核验"),
    "archive": ("web.cli_archive", "归档包导出与核验"),
    "handover": ("web.cli_handover", "与其他系统之间的移交文件"),
    "bureau": ("web.cli_bureau", "机构与科室"),
    "user": ("web.cli_user", "人员与岗位"),
    "bench": ("web.cli_bench", "性能测量"),
    "openapi": ("web.cli_run", "打印 OpenAPI 文档"),
}
INTERRUPTED = 130


class Casework(click.Group):
    """Finds a command's module by its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module that holds the command."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name)
        translate(found)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands without importing any."""
        with formatter.section(say("命令")):
            formatter.write_dl([(name, say(purpose)) for name, (_, purpose) in COMMANDS.items()])


@click.group(
    cls=Casework,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="医疗保障“双随机、一公开”抽查案件管理。",
)
def casework() -> None:
    """All commands."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command and end the process; an error is one line on stderr, JSON where JSON was asked for."""
    click_speaks()
    translate(casework)
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code = casework.main(args=given, prog_name="casework", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.NoArgsIsHelpError as fault:
        click.echo(fault.ctx.get_help() if fault.ctx else str(fault), err=True)
        sys.exit(2)
    except click.ClickException as fault:
        _end(_usage(fault), fault.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _end(say("已中止。"), INTERRUPTED)
    except ModelInvalid as fault:
        line = refusal(fault)  # from here on it is in the user's language, its findings, too
        for finding in fault.findings[1:]:
            click.echo(spoken(finding.sentence), err=True)
        first = spoken(fault.findings[0].sentence) if fault.findings else line
        _end(first, 1, _asked(given, fault.as_json()))
    except CaseworkError as fault:
        _end(refusal(fault), 1, _asked(given, fault.as_json()))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as fault:
        _end(say("不能读写 {0}：{1}。", fault.filename or "", fault.strerror or fault), 1)
    except Exception as fault:  # noqa: BLE001 (a person sees a sentence; where it happened stands in it)
        _end(_unexpected(fault), 1)


def _end(line: str, code: int, answer: Any = None) -> NoReturn:
    click.echo(" ".join(line.split()), err=True)
    if answer is not None:
        print_json(answer)
    sys.exit(code)


def _asked(given: list[str], answer: Any) -> Any:
    return {"error": answer} if "--json" in given else None


def _usage(fault: click.ClickException) -> str:
    context = getattr(fault, "ctx", None)
    path = context.command_path if context else "casework"
    return say("{0} 用法见 {1} --help。", fault.format_message(), path)


def _unexpected(fault: Exception) -> str:
    """A fault of the database in our words, anything else with the place to report."""
    database = sys.modules.get("sqlalchemy.exc")
    if database is not None and isinstance(fault, database.SQLAlchemyError):
        reason = str(getattr(fault, "orig", None) or fault).splitlines()[0]
        return say(
            "数据库没有办成：{0}。请先执行 casework db upgrade，或核对 CASEWORK_DATABASE_URL。", reason
        )
    place = traceback.extract_tb(fault.__traceback__)[-1]
    return say(
        "程序出错，请报告：{0}：{1}（{2}:{3}）", type(fault).__name__, fault, place.filename, place.lineno
    )


if __name__ == "__main__":
    main()
