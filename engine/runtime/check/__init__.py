"""The release check: what would not run as drawn is refused, by file, element, name and line, all at once.

`findings(files, ports)` reads the files of a release together: what a diagram names (form, table, verb,
process) must be in the same release or in the catalogue. An error refuses the release, a warning does not.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import Finding, ModelInvalid, RuleError
from engine.rules import dmn
from engine.runtime import model, spiff
from engine.runtime.check import flow, length, meaning, names, shape, table
from engine.runtime.ports import Ports
from engine.runtime.release import kind_of
from engine.sentence import Sentence


def findings(files: Mapping[str, bytes], ports: Ports) -> list[Finding]:
    """Everything found in the files of a release, in the order of file and line."""
    release = names.Release(ports, {}, {}, {}, {}, names.deadline_keys(files))
    found: list[Finding] = []
    found += length.paths(files)
    for path, content in sorted(files.items()):
        try:
            found += _read(path, content, release)
        except ModelInvalid as fault:
            found += fault.findings
        except RuleError as fault:
            found.append(Finding(path, "", "", 0, "rule", fault.reason, fault.hint))
    for path, diagram in release.diagrams.items():
        found += length.processes(diagram.processes.values())
        misshapen = shape.check(diagram)
        found += misshapen
        if any(finding.severity == "error" for finding in misshapen):
            continue  # what is not drawn correctly cannot be understood either
        for process in diagram.processes.values():
            found += flow.check(process)
            found += meaning.check(process, release)
        if not any(finding.file == path and finding.severity == "error" for finding in found):
            found += _runs(diagram)
    found += names.calls(release)
    found += ports.check_documents(files)
    found += ports.check_packs(files)
    return sorted(
        dict.fromkeys(found), key=lambda finding: (finding.file, finding.line, finding.element, finding.rule)
    )


def _read(path: str, content: bytes, release: names.Release) -> list[Finding]:
    """Enter a file into the release by its kind; what is wrong with a form or a table is found here."""
    kind = kind_of(path)
    if kind == "bpmn":
        release.diagrams[path] = model.read(content, path)
    elif kind == "dmn":
        rules = dmn.load(content, file=path)
        for decision in rules.decisions():
            release.decisions |= {decision.id: path, decision.name: path}
            release.outputs[decision.id] = names.outputs_of(decision)
        return [*length.decisions(path, rules.decisions()), *table.check(rules, path)]
    elif kind == "form":
        faults = list(release.ports.check_form(path, content))
        name = path.removeprefix("forms/").removesuffix(".form")
        release.forms[name] = [] if faults else list(release.ports.form_keys(path, content))
        return faults
    return []


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
                Sentence("流程引擎不能读取这个图：{fault}", fault=fault),
                "请与流程引擎维护人员联系。",
            )
        ]
    return []


def errors(found: list[Finding]) -> list[Finding]:
    """Those that refuse the release."""
    return [finding for finding in found if finding.severity == "error"]
