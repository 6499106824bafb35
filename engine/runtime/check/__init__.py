"""The release check: everything that would not run as drawn is refused, by file, element, name and line, all at once.

`findings(files, ports)` reads the files of a release together: what a diagram names (form, table, verb, process) must be
in the same release or in the catalogue. An error refuses the release, a warning does not.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import Finding, ModelInvalid, RuleError
from engine.rules import dmn
from engine.runtime import model, spiff
from engine.runtime.check import flow, meaning, shape
from engine.runtime.ports import Ports
from engine.runtime.release import kind_of


def findings(files: Mapping[str, bytes], ports: Ports) -> list[Finding]:
    """Everything found in the files of a release, in the order of file and line."""
    found: list[Finding] = []
    diagrams: dict[str, model.Diagram] = {}
    decisions: dict[str, str] = {}
    outputs: dict[str, list[str]] = {}
    forms: dict[str, list[str]] = {}
    for path, content in sorted(files.items()):
        kind = kind_of(path)
        try:
            if kind == "bpmn":
                diagrams[path] = model.read(content, path)
            elif kind == "dmn":
                for decision in dmn.load(content, file=path).decisions():
                    decisions |= {decision.id: path, decision.name: path}
                    outputs[decision.id] = meaning.outputs_of(decision)
            elif kind == "form":
                faults = list(ports.check_form(path, content))
                found += faults
                name = path.removeprefix("forms/").removesuffix(".form")
                forms[name] = [] if faults else list(ports.form_keys(path, content))
        except ModelInvalid as fault:
            found += fault.findings
        except RuleError as fault:
            found.append(Finding(path, "", "", 0, "rule", fault.reason, fault.hint))
    release = meaning.Release(ports, diagrams, forms, decisions, outputs, meaning.deadline_keys(files))
    for path, diagram in diagrams.items():
        misshapen = shape.check(diagram)
        found += misshapen
        if any(finding.severity == "error" for finding in misshapen):
            continue  # what is not drawn correctly cannot be understood either
        for process in diagram.processes.values():
            found += flow.check(process)
            found += meaning.check(process, release)
        if not any(finding.file == path and finding.severity == "error" for finding in found):
            found += _runs(diagram)
    found += meaning.calls(release)
    return sorted(
        dict.fromkeys(found), key=lambda finding: (finding.file, finding.line, finding.element, finding.rule)
    )


def _runs(diagram: model.Diagram) -> list[Finding]:
    """Last of all, the kernel must be able to follow."""
    try:
        spiff.parse(model.for_kernel(diagram), diagram.file)
    except Exception as fault:  # noqa: BLE001 (whatever the kernel says is a finding, never a crash)
        return [
            Finding(
                diagram.file,
                "",
                "",
                0,
                "kernel",
                f"流程引擎不能读取这个图：{fault}",
                "请与流程引擎维护人员联系。",
            )
        ]
    return []


def errors(found: list[Finding]) -> list[Finding]:
    """Those that refuse the release."""
    return [finding for finding in found if finding.severity == "error"]
