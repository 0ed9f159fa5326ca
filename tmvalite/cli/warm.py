"""warm: compiled kernels before they are needed, for oneself or for others to read."""

from __future__ import annotations

import argparse
import re

from tmvalite.cli.base import Verb, register
from tmvalite.constants import PRECISIONS
from tmvalite.wrapping import wrapped


@register("warm")
class Warm(Verb):
    help = "compile kernels before they are needed"
    description = (
        "Fill a kernel cache, one's own or with --to one that others read through TMVALITE_CACHE_PATH: with all "
        "kernels, or with those of one network. A cache serves the kind of processor that filled it."
    )

    def declare(self, parser):
        from tmvalite.methods import METHODS

        trainable = tuple(name for name, method in METHODS.items() if method.form.name == name)
        parser.add_argument(
            "--for", dest="options", metavar="OPTIONS", help='the network, such as "Layout=TANH|128,LINEAR"; all kernels without'
        )
        parser.add_argument("--method", choices=trainable, default="DL", help="the method of the network (DL)")
        parser.add_argument("--variables", type=int, metavar="N", help="number of its input variables, if InputLayout has none")
        truth = parser.add_mutually_exclusive_group()
        truth.add_argument("--classes", type=int, metavar="N", help="a multiclass analysis with N classes")
        truth.add_argument("--targets", type=int, metavar="N", help="a regression with N targets")
        parser.add_argument("--precision", choices=PRECISIONS, default=PRECISIONS[0], help="of all kernels (float32)")
        parser.add_argument("--to", metavar="FOLDER", help="the cache folder to fill, made readable for all")

    def run(self, arguments: argparse.Namespace) -> str:
        import os
        import time

        from tmvalite.errors import FileError
        from tmvalite.kernels.jit.files import ENDING

        if arguments.to is not None:
            os.environ["TMVALITE_CACHE_DIR"] = os.path.abspath(arguments.to)
            os.environ.pop("TMVALITE_CACHE_PATH", None)  # this folder is to have them all
        from tmvalite.kernels.jit.compiled import prepare
        from tmvalite.kernels.jit.folders import to_write
        from tmvalite.training.every_kernel import every_kernel

        began = time.perf_counter()
        folder = to_write()
        if folder is None:
            raise FileError("there is no folder to keep kernels in", code="cache-folder", hint="name one with --to")
        before = set(folder.glob(f"*{ENDING}"))
        if arguments.options is None:
            prepare(every_kernel(), arguments.precision)
        else:
            _train(arguments)
        after = set(folder.glob(f"*{ENDING}"))
        if arguments.to is not None:
            for path in (folder.parent, folder, *after):
                path.chmod(0o755 if path.is_dir() else 0o644)
        seconds = time.perf_counter() - began
        return "\n".join(wrapped(f"{len(after)} kernels in {folder}, {len(after - before)} of them new, {seconds:.1f} s"))


def _train(arguments: argparse.Namespace) -> None:
    """A training of one epoch and the scores after it, on events of no meaning: whatever the network needs is then there."""
    import warnings

    import numpy as np

    from tmvalite.errors import TmvaliteWarning
    from tmvalite.methods import METHODS
    from tmvalite.methods.understood import understand

    numbers = {"n_variables": arguments.variables, "n_classes": arguments.classes, "n_targets": arguments.targets}
    report = understand(arguments.options, method=arguments.method, **numbers)
    options = re.sub(r"(?i)(MaxEpochs|PretrainEpochs)\s*=\s*\d+", r"\1=1", arguments.options)
    n = 4 * max((phase.batch_size for phase in report.phases), default=100)
    rng = np.random.default_rng(1)
    x = rng.uniform(size=(n, report.n_variables))
    width = sum(output.value.size for graph in report.graphs.values() for output in graph.outputs[1:])
    if arguments.targets:
        y, more = rng.uniform(size=(n, arguments.targets)), {}
    else:
        y, more = np.arange(n) % (arguments.classes or 2), {"targets": rng.uniform(size=(n, width))} if width else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        method = METHODS[arguments.method](options, analysis_type=report.booking.analysis_type, Strict=False)
        method.fit(x, y, progress="silent", **more)
        if arguments.targets:
            method.GetRegressionValues(x[:10])
        elif arguments.classes:
            method.GetMulticlassValues(x[:10])
        method.GetMvaValues(x[:10])
