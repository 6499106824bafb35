"""The command `casework`: each command in its own module, loaded when it is called.

Exit 0 on success, 1 when a check fails or a rule refuses, 2 on wrong usage; an error is one readable line.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from engine.errors import CaseworkError, ModelInvalid

COMMANDS = {
    "serve": ("web.cli_run", "网页进程"),
    "worker": ("web.cli_run", "后台进程"),
    "demo": ("web.cli_demo", "不用浏览器，走完一个抽查年度"),
    "db": ("web.cli_db", "数据库：升级、核对、备份、恢复"),
    "pack": ("web.cli_pack", "规则包：参数、强度、依据"),
    "calendar": ("web.cli_calendar", "工作日历"),
    "registry": ("web.cli_registry", "名录库导入导出"),
    "release": ("web.cli_release", "流程发布：检查、发布、比较、导出"),
    "feel": ("web.cli_rules", "计算一个 FEEL 表达式"),
    "decide": ("web.cli_rules", "计算一个 DMN 决策"),
    "draw": ("web.cli_draw", "随机抽取：计算、核验、查看"),
    "audit": ("web.cli_audit", "审计日志核验"),
    "archive": ("web.cli_archive", "归档包导出与核验"),
    "user": ("web.cli_user", "人员与岗位"),
    "bench": ("web.cli_bench", "性能测量"),
    "openapi": ("web.cli_run", "打印 OpenAPI 文档"),
}


class Casework(click.Group):
    """Finds a command's module by its name and turns the error family into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module that holds the command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        return getattr(module, cmd_name)  # type: ignore[no-any-return]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands without importing any."""
        with formatter.section("命令"):
            formatter.write_dl([(name, purpose) for name, (_, purpose) in COMMANDS.items()])


@click.group(cls=Casework, context_settings={"help_option_names": ["-h", "--help"]})
def casework() -> None:
    """医疗保障“双随机、一公开”抽查案件管理。"""


def main(arguments: list[str] | None = None) -> Any:
    """Run the command; errors of the family are one line on stderr and exit 1."""
    try:
        return casework.main(args=arguments, prog_name="casework")
    except ModelInvalid as fault:
        for finding in fault.findings:
            click.echo(str(finding), err=True)
        sys.exit(1)
    except CaseworkError as fault:
        fields = "；".join(getattr(fault, "fields", {}).values())
        notes = "；".join(getattr(fault, "__notes__", ()))
        click.echo("　".join(text for text in (str(fault), fields, notes) if text), err=True)
        sys.exit(1)
    except DBAPIError as fault:
        click.echo(f"数据库没有办成：{fault.orig}。请先执行 casework db upgrade，或核对 CASEWORK_DATABASE_URL。", err=True)
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
