"""The part of a network that scores: workspaces of each thread, and the short ways for one event and for a few."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tmvalite.kernels.context import COLUMNS
from tmvalite.kernels.execute import SCORE
from tmvalite.plan import make_plan

from .thread_count import CALL_SECONDS, FLOPS_PER_SECOND, THREAD_FLOPS
from .workspace import Workspace

FIRST = (slice(None), 0)


class Scores:
    """What a `Network` gives for events. Any thread may ask: each has a workspace of its own for every kind of plan."""

    def outputs(self, x: np.ndarray) -> np.ndarray:
        """Raw outputs (N, n_outputs) of events x (N, n_inputs); rows with a value that is not finite give NaN."""
        return self._score(x, False)

    def values(self, x: np.ndarray) -> np.ndarray:
        """As `outputs`, with the folded normalisation before and the output functions after."""
        return self._score(x, True)

    def values_with(self, x: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        """As `values` of other trainings of this network, (R, N, n_outputs): parameters (R, P), see `parameters.aligned_rows`."""
        if not hasattr(self._scoring, "finished"):
            self._new_scoring("finished")
        work, at, x = self._scoring.finished, COLUMNS["THETA"], self._check(x, self.n_inputs, "events")
        found = np.empty((len(parameters), len(x), self.n_outputs), self.dtype)
        alone = len(x) * self.plan.flops < THREAD_FLOPS
        context, own = work.alone if alone else work.context, int(work.context[at])
        first, step = parameters.ctypes.data, parameters.strides[0]
        try:
            for i, out in enumerate(found):
                context[at] = first + i * step
                if alone:
                    work.run(SCORE, 0, context, work.calls[0], work.arenas[0], x, out)
                else:
                    self._run_scoring(work, x, out)
        finally:
            context[at] = own
        return found

    def first_values(self, x: np.ndarray) -> np.ndarray:
        """Value 0 (N,) of `values`, for who knows that x is of the network's precision and (N, n_inputs)."""
        try:
            run, context, call, arena, few = self._scoring.short
        except AttributeError:
            return self._score(x, True)[FIRST]  # which makes the workspace
        if x.shape[0] <= few and x.flags.carray:  # contiguous and writeable, as kernels are compiled for
            out = np.empty((x.shape[0], self.n_outputs), self.dtype)
            run(SCORE, 0, context, call, arena, x, out)
            return out[FIRST]
        return self._score(x, True)[FIRST]

    def one_event(self) -> tuple[np.ndarray, Callable[[], float]]:
        """(x, score): memory for one event (n_inputs,), and a call that gives value 0 of what is there; both of this thread."""
        try:
            return self._scoring.one
        except AttributeError:
            self._scoring.one = one = self._one_event()
            return one

    def _one_event(self):
        x, out = np.zeros((1, self.n_inputs), self.dtype), np.empty((1, self.n_outputs), self.dtype)
        if self.plan.flops >= THREAD_FLOPS:
            return x[0], lambda: self._score(x, True).item(0)
        self._score(x, True)  # which makes the workspace
        (run, context, call, arena, _), item = self._scoring.short, out.item

        def score():
            run(SCORE, 0, context, call, arena, x, out)
            return item(0)

        return x[0], score

    def event_terms(self, x: np.ndarray) -> np.ndarray:
        """What layers add to the loss of every event when scoring, (N, terms), in the order of `event_term_names`."""
        x = self._check(x, self.n_inputs, "events")
        names = self.event_term_names
        if not names:
            return np.zeros((len(x), 0), self.dtype)
        out = np.empty((len(x), len(names)), self.dtype)
        self._run_scoring(getattr(self._scoring, "terms", None) or self._new_scoring("terms"), x, out)
        return out

    @property
    def event_term_names(self) -> tuple[str, ...]:
        """The terms that layers add to the loss event by event."""
        return tuple(term.name for term in self.plan.terms if term.x is not None and not term.reported)

    def _score(self, x, finished):
        try:
            work = self._scoring.finished if finished else self._scoring.raw
        except AttributeError:
            work = self._new_scoring("finished" if finished else "raw")
        if x.dtype != self.dtype or x.ndim != 2 or x.shape[1] != self.n_inputs or not x.flags.carray:
            x = self._check(x, self.n_inputs, "events")
        out = np.empty((x.shape[0], self.n_outputs), self.dtype)
        if x.shape[0] * self.plan.flops < THREAD_FLOPS:
            work.run(SCORE, 0, work.alone, work.calls[0], work.arenas[0], x, out)
            return out
        self._run_scoring(work, x, out)
        return out

    def _run_scoring(self, work, x, out) -> None:
        rows = max(work.plan.tile, int(CALL_SECONDS * FLOPS_PER_SECOND * work.threads / max(work.plan.flops, 1)))
        for first in range(0, x.shape[0], rows):
            self._run(work, SCORE, x[first : first + rows], out[first : first + rows], work.threads)

    def _new_scoring(self, kind: str) -> Workspace:
        """A workspace for "raw" or "finished" outputs, or for "terms"."""
        purpose, functions = ("terms", ()) if kind == "terms" else ("score", ("identity",) * len(self.losses))
        if kind == "finished":
            functions = self.output_functions
        plan = make_plan(
            self.graph, precision=self.precision, purpose=purpose, output_functions=functions, within=self._whole.plan
        )
        work = Workspace(plan, self.parameters, self.threads)
        if kind == "finished" and self._normalisation is not None:
            work.point(MINIMUM=self._normalisation[0], FACTOR=self._normalisation[1])
            work.set(NORMALISE=1)
        work.alone = work.context.copy()  # the same for one thread
        work.alone[COLUMNS["THREADS"]] = 1
        setattr(self._scoring, kind, work)
        if kind == "finished":
            few = int(THREAD_FLOPS / max(self.plan.flops, 1)) - 1  # events that one thread scores in one call
            self._scoring.short = (work.run, work.alone, work.calls[0], work.arenas[0], few)
        return work
