"""What of a job file is to be done, as arguments that verbs share."""

from __future__ import annotations

import argparse

from tmvalite.cli.base import positive


def declare_work(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--folds", type=positive, metavar="N", help="cross-validate the methods with N folds")
    parser.add_argument("--choose", action="store_true", help="compare what ranges such as {16,32} leave; with --folds on folds")
    parser.add_argument("--seeds", type=positive, metavar="N", help="train every method N times, with RandomSeed from --seed on")
    parser.add_argument("--seed", type=positive, metavar="N", help="RandomSeed of methods that state none")


def work_of(arguments: argparse.Namespace, *, drawn: int | None = None):
    """The Work that is asked for. drawn : the seed where none is given. Raises OptionError."""
    from tmvalite.errors import OptionError
    from tmvalite.jobs.work import CHOICES, FOLDS, METHODS, Work, check_work

    if arguments.seeds and (arguments.folds or arguments.choose):
        raise OptionError("--seeds goes with neither --folds nor --choose", code="argument")
    seed = arguments.seed or (1 if arguments.seeds else drawn)
    kind = CHOICES if arguments.choose else FOLDS if arguments.folds else METHODS
    work = Work(kind, arguments.folds or 0, seed, arguments.seeds or 0)
    check_work(work)
    return work
