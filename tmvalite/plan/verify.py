"""A plan against its specification: the columns that its kernels name, the lifetimes of its tensors, the parameters.

For developers: TMVALITE_VERIFY=1 has `make_plan` verify every plan, and so do the tests. What is wrong is found in the step where
it was made, not in a number at the end.
"""

from __future__ import annotations

from numbers import Integral

from tmvalite.kernels.execute import STEP_WIDTH

from .buffers import ALIGNMENT, assign_offsets
from .step import ABSENT, Slot, Step, Tensor, as_integer


class PlanError(Exception):
    """A plan contradicts itself; the message says in which step (or for which tensors) and how."""


def verify_plan(plan) -> None:
    """Complain of the first contradiction in a plan.

    What `encode` asks for is what a step reads and writes, in the columns that its kernel names, all of which are written; what
    may lie in one place is what the kernel can; every value is written before it is read; parameters lie in the flat vector; and
    no two tensors that are alive together share memory.

    Raises
    ------
    PlanError
        Naming the step, the column or operand, and what is wrong.
    """
    written = set(plan.given)
    for index, step in enumerate(plan.steps):
        said = ", ".join(filter(None, (type(step).__name__, step.text())))
        place = f"step {'b' if index >= plan.boundary else 'f'}{index} ({said})"
        try:
            verify_step(step)
            _verify_parameters(step, plan.size)
            for tensor in step.reads:
                if tensor not in written and tensor not in _scratch(step):
                    raise PlanError(f"it reads '{tensor.label}', which no step before it has written")
        except PlanError as error:
            raise PlanError(f"{place}: {error}") from None
        written.update(step.writes)
    for rows in (plan.tile, plan.tile + 5) if plan.whole_batch else (plan.tile,):
        ranges = plan.ranges_for(rows)
        offsets, size = assign_offsets(plan.steps, plan.given, rows, ranges)
        verify_memory(plan.steps, plan.given, offsets, size, rows, ranges)


# ---------------------------------------------------------------------------------------------------- one step


class Recorder:
    """Stands in for plan.Encoding and remembers which tensors were asked for; every one gets an offset of its own."""

    itemsize, lanes = 4, 16

    def __init__(self):
        self.asked: dict[Tensor, int] = {}

    def __call__(self, tensor: Tensor) -> tuple[int, int]:
        return self.asked.setdefault(tensor, 1_000_003 * (len(self.asked) + 1)), tensor.size

    def table(self, array) -> int:
        return hash(array.tobytes())


def verify_step(step: Step) -> None:
    """Compare the descriptor of one step with its kernel's columns and with what it says that it reads and writes."""
    recorder = Recorder()
    try:
        code = tuple(step.encode(recorder))
    except (LookupError, AttributeError, TypeError) as error:
        raise PlanError(f"its descriptor cannot be written: {error}") from error
    said = {*step.reads, *step.writes}
    for tensor in recorder.asked:
        if tensor not in said:
            raise PlanError(f"encode asks for '{tensor.label}', which it says neither that it reads nor that it writes")
    for tensor in said:
        if tensor not in recorder.asked:
            raise PlanError(f"it says that it reads or writes '{tensor.label}', for which encode does not ask")
    if len(code) >= STEP_WIDTH:
        raise PlanError(f"its descriptor has {len(code)} columns; there is room for {STEP_WIDTH - 1}")
    if step.kernel.columns is not None:
        _verify_columns(step, code, recorder)


def _verify_columns(step: Step, code: tuple, recorder: Recorder) -> None:
    columns, names = step.kernel.columns, step.kernel.columns.names
    for name, value in zip(names, code):
        if not isinstance(value, Integral):
            raise PlanError(f"nothing was written into column '{name}'")
    if len(code) < len(names):
        raise PlanError(f"nothing was written into column '{names[len(code)]}'")
    if len(code) > len(names):
        raise PlanError(f"{len(code)} columns were written, but the kernel has {len(names)}, the last of them '{names[-1]}'")
    row, tensors = dict(zip(names, code)), {at: tensor for tensor, at in recorder.asked.items()}
    at: dict[str, Tensor] = {}
    for name in columns.operands:
        pair = row[name], row[f"{name}_size"]
        tensor = tensors.get(pair[0])
        if tensor is not None and pair[1] == tensor.size:
            at[name] = tensor
        elif pair != ABSENT:
            raise PlanError(f"column '{name}' holds neither offset and size of one operand, nor {ABSENT} for none")
    _verify_values(step, row, at, recorder)
    _verify_roles(step, row, at)


def _verify_values(step: Step, row: dict[str, int], at: dict[str, Tensor], recorder: Recorder) -> None:
    """What stands in a column is what the step has under its name."""
    columns, given = step.kernel.columns, step.numbers(recorder)
    for name in columns.operands:
        expected = _field(step, name, MISSING)
        if expected is not MISSING and at.get(name) is not expected:
            held, wanted = (f"'{t.label}'" if t is not None else "no operand" for t in (at.get(name), expected))
            raise PlanError(f"column '{name}' holds {held}, but {name} of the step is {wanted}")
    for name in columns.numbers:
        expected = given[name] if name in given else _field(step, name, MISSING)
        if expected is not MISSING and row[name] != as_integer(expected):
            raise PlanError(f"column '{name}' holds {row[name]}, but {name} of the step is {_shown(expected)}")
    expected = given["geometry"] if "geometry" in given else _field(step, "geometry", MISSING) if columns.geometry else MISSING
    for name, value in zip(columns.geometry, () if expected is MISSING else expected):
        if row[name] != int(value):
            raise PlanError(f"column '{name}' holds {row[name]}, but the geometry of the step says {value}")


def _verify_roles(step: Step, row: dict[str, int], at: dict[str, Tensor]) -> None:
    """What the kernel does with an operand is what the step says of it."""
    columns = step.kernel.columns
    read = {at[name] for name in columns.read if name in at}
    read |= {at[name] for name, flag in columns.adds.items() if name in at and row[flag]}
    stays = set(step.stays)
    overwritten, scratch = {at[name] for name in columns.overwritten if name in at}, {at[n] for n in columns.scratch if n in at}
    for tensor in read - set(step.reads):
        raise PlanError(f"its kernel reads '{tensor.label}', which is not among what it says that it reads")
    for tensor in stays - set(step.reads):
        raise PlanError(f"it writes a part of '{tensor.label}' only, the rest of which is not among what it says that it reads")
    for tensor in set(step.reads) - read - stays - scratch:
        raise PlanError(f"it says that it reads '{tensor.label}', but its kernel does not")
    for tensor in overwritten - set(step.writes):
        raise PlanError(f"its kernel writes '{tensor.label}', which is not among what it says that it writes")
    for tensor in set(step.writes) - overwritten:
        raise PlanError(f"it says that it writes '{tensor.label}', but its kernel does not")
    if step.in_place is not None:
        pair = tuple(at.get(name) for name in columns.in_place)
        if step.in_place != pair:
            labels = " and ".join(f"'{t.label}'" for t in step.in_place)
            raise PlanError(f"it says that {labels} may share memory, but its kernel cannot do that")


def _verify_parameters(step: Step, size: int) -> None:
    """Every parameter lies in the flat vector, and what the kernel does with it is what the step says."""
    for what, slots in (("parameter", step.slots), ("gradient", step.gradient_slots)):
        for slot in slots:
            if not 0 <= slot.offset < slot.stop <= size:
                raise PlanError(f"{what} {slot.node}/{slot.name} lies at {slot.offset} to {slot.stop} of {size} numbers")
    for source, target, rows, columns in (*step.copies, *step.spare_copies):
        if not (0 <= source and 0 <= target and max(source, target) + rows * columns <= size):
            raise PlanError(f"the copy of {rows} x {columns} numbers from {source} to {target} leaves the {size} parameters")
    columns, numbers = step.columns, step.numbers(Recorder())
    for what, names, said in (("reads", columns.parameters, step.slots), ("sums", columns.gradients, step.gradient_slots)):
        offsets = {slot.offset for slot in said}
        for name in names:
            slot = numbers[name] if name in numbers else _field(step, name, None)
            if isinstance(slot, Slot) and slot.offset not in offsets:
                whose = "parameter" if what == "reads" else "gradient"
                raise PlanError(f"its kernel {what} the {whose} '{name}', which is not among those that it names")


MISSING = object()


def _field(step: Step, name: str, otherwise):
    """What the step has under this name; `otherwise` where a family that writes its descriptor itself has no such field."""
    try:
        return step.fields((name,))[0]
    except LookupError:
        return otherwise


def _shown(value) -> str:
    return f"{value.name} at {value.offset}" if isinstance(value, Slot) else str(value)


def _scratch(step: Step) -> set[Tensor]:
    return {tensor for tensor in step.fields(step.columns.scratch) if tensor is not None}


# ---------------------------------------------------------------------------------------------------- memory


def verify_memory(steps, inputs, offsets: dict[Tensor, int], size: int, rows: int, segments=()) -> None:
    """Complain of tensors outside the arena, or of two in the same memory that are alive together, for `rows` events.

    With `segments` the arena holds many tiles: a tensor is alive in the whole of a segment into or out of which it lives. Only a
    step that works in place may have its result where its input was, if that ends there.
    """
    alive: dict[Tensor, list[int]] = {tensor: [-1, -1] for tensor in inputs}
    for index, step in enumerate(steps):
        for tensor in (*step.reads, *step.writes):
            alive.setdefault(tensor, [index, index])[1] = index
    ends = {tensor: offsets[tensor] + tensor.size * (rows if tensor.per_event else 1) for tensor in alive}
    together = {}
    for index, step in enumerate(steps):
        if step.in_place is not None and alive[step.in_place[1]][1] == index == alive[step.in_place[0]][0]:
            output, source = step.in_place
            together[output] = together.get(source, source)
    row = sorted(alive, key=lambda tensor: offsets[tensor])
    for i, a in enumerate(row):
        if offsets[a] < 0 or ends[a] > size or offsets[a] % ALIGNMENT:
            raise PlanError(f"'{a.label}' lies at {offsets[a]} to {ends[a]} of an arena of {size}")
        for b in row[i + 1 :]:
            if offsets[b] >= ends[a]:
                break
            (first, last), (start, stop) = (_span(alive[t], segments) for t in (a, b))
            if first > stop or start > last:
                continue
            same = together.get(a, a) is together.get(b, b) and offsets[a] == offsets[b]
            apart = alive[a][1] <= alive[b][0] or alive[b][1] <= alive[a][0]
            if not (same and apart):
                raise PlanError(
                    f"'{a.label}' and '{b.label}' share memory, but both live in steps {max(first, start)} to {min(last, stop)}"
                )


def _span(span, segments) -> tuple[int, int]:
    first, last = span
    for start, _, end in segments:
        if start <= last < end and first < start:
            last = end - 1
        if start <= first < end and last >= end:
            first = start
    return first, last
