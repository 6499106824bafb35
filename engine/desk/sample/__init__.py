"""A sample world (样本): seeded, fictional, with the sizes and oddities of real registries.

`prepare("jilin", objects=20_000)` makes the data, `write` puts the registry files into a folder, `load`
enters people and the same files through the import that everybody uses. Nothing here is real: names, codes
and places are drawn.
"""

from engine.desk.sample.edges import EDGES
from engine.desk.sample.load import Loaded, build, load, write
from engine.desk.sample.world import PASSWORD, BureauPlan, PersonPlan, Sample, prepare

__all__ = [
    "EDGES",
    "PASSWORD",
    "BureauPlan",
    "Loaded",
    "PersonPlan",
    "Sample",
    "build",
    "load",
    "prepare",
    "write",
]
