"""Operators of a model (layers/onnx_form.py) as the statements of a C++ function that scores one event.

Shapes are known, with 1 in place of the open number of events, so every loop has a constant length. Neighbouring operators that
work element by element become one loop. What only moves numbers becomes an offset where it can, else a copy by a table of places.
Values that are not needed any more leave their room to later ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tmvalite.cpp.constant_arrays import KINDS, ConstantArrays, literal
from tmvalite.layers.onnx_form import OnnxForms, OnnxNode

ALIGNMENT = 16  # numbers; every value begins at a multiple
ARENAS = {"float": "f", "double": "d", "std::int64_t": "n", "bool": "b"}
"""What the working arrays are called, by the type of their numbers."""
Shape = tuple[int, ...]


@dataclass(eq=False)
class ArenaPart:
    """What several values may lie in: `size` numbers of the type `kind`, from `at` in their arena on once it is placed."""

    kind: str
    size: int
    first: int = 0  # number of the statement that writes it first, and of the one that reads it last
    last: int = 0
    at: int = 0


@dataclass(eq=False)
class CppValue:
    """An array: of constants, of what the caller gives (`name`), or in a room of the function."""

    shape: Shape
    kind: str
    constant: np.ndarray | None = None
    name: str = ""
    room: ArenaPart | None = None
    offset: int = 0

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def text(self) -> str:
        """A pointer to its first number."""
        start = f"{ARENAS[self.kind]} + {self.room.at + self.offset}" if self.room else f"{self.name} + {self.offset}"
        return start.removesuffix(" + 0")

    def under(self, shape: Shape, offset: int = 0) -> CppValue:
        """The same numbers, from `offset` on, under another shape."""
        constant = None if self.constant is None else self.constant.ravel()[offset : offset + int(np.prod(shape))].reshape(shape)
        return CppValue(shape, self.kind, constant, self.name, self.room, self.offset + offset)


@dataclass
class CppStatement:
    """Some lines of C++, written once all rooms have their places."""

    write: Callable[[], list[str]]
    reads: Sequence[CppValue] = ()
    writes: Sequence[CppValue] = ()


@dataclass
class Loop:
    """Operators element by element over values of one shape, one after the other."""

    shape: Shape
    members: list[tuple[OnnxNode, str, CppValue]] = field(default_factory=list)  # with the form of their text


class Program:
    """One function, statement by statement; `values` by the names that the forms have for them."""

    def __init__(self, forms: OnnxForms, inputs: dict[str, Shape], arrays: ConstantArrays, wanted: Sequence[str]):
        self.arrays, self.number = arrays, KINDS[forms.dtype.name]
        self.values = {name: CppValue(array.shape, KINDS[array.dtype.name], array) for name, array in forms.constants.items()}
        self.values.update(
            {name: CppValue((1, *shape), self.number, name=f"in{i}") for i, (name, shape) in enumerate(inputs.items())}
        )
        self.nodes = _needed(forms.nodes, wanted)
        self.uses = Counter(name for node in self.nodes for name in node.inputs)
        self.uses.update(wanted)
        self.statements: list[CppStatement] = []
        self._loop: Loop | None = None

    # ---- what operators call

    def constant(self, array: np.ndarray, dtype=None, narrow: bool = False) -> str:
        """The name of an array of constants; `narrow` where its numbers are read one by one, and may be of a narrower type."""
        return self.arrays.name(np.asarray(array, dtype), narrow)

    def room(self, shape: Shape, kind: str) -> CppValue:
        """A new value that a statement will write."""
        value = CppValue(shape, kind)
        value.room = ArenaPart(kind, value.size)
        return value

    def add(self, reads: Sequence[CppValue], writes: Sequence[CppValue], write: Callable[[], list[str]]) -> None:
        self.finish_loop()
        self.statements.append(CppStatement(write, reads, writes))

    def elementwise(self, node: OnnxNode, operands: Sequence[CppValue], text: str, kind: str) -> CppValue:
        """A member of a loop: its text has {0}, {1}, ... for elements of the operands."""
        shape = np.broadcast_shapes(*(one.shape for one in operands))
        if self._loop is not None and (self._loop.shape != shape or self._is_alias(operands)):
            self.finish_loop()
        if self._loop is None:
            self._loop = Loop(shape)
        value = self.room(shape, kind)
        self._loop.members.append((node, text, value))
        return value

    def _is_alias(self, operands: Sequence[CppValue]) -> bool:
        """Whether an operand lies where the loop will write, without being what it writes."""
        own = {id(value) for _, _, value in self._loop.members}
        rooms = {id(value.room) for _, _, value in self._loop.members}
        return any(id(one) not in own and one.room is not None and id(one.room) in rooms for one in operands)

    def finish_loop(self) -> None:
        """The loop that is being gathered becomes one statement."""
        loop, self._loop = self._loop, None
        if loop is None:
            return
        own = {id(value): f"t{i}" for i, (_, _, value) in enumerate(loop.members)}
        inside = Counter(name for node, _, _ in loop.members for name in node.inputs)
        kept = [(node, value) for node, _, value in loop.members if self.uses[node.outputs[0]] > inside[node.outputs[0]]]
        reads = [self.values[name] for node, _, _ in loop.members for name in node.inputs if id(self.values[name]) not in own]

        def write() -> list[str]:
            lines = [f"for (int i = 0; i < {int(np.prod(loop.shape))}; ++i) {{"]
            for node, text, value in loop.members:
                operands = [self.values[name] for name in node.inputs]
                elements = [own.get(id(one)) or self._element(one, loop.shape) for one in operands]
                lines.append(f"  const {value.kind} {own[id(value)]} = {text.format(*elements)};")
            lines += [f"  ({value.text})[i] = {own[id(value)]};" for _, value in kept]
            return [*lines, "}"]

        if kept:
            self.statements.append(CppStatement(write, reads, [value for _, value in kept]))

    def _element(self, value: CppValue, shape: Shape) -> str:
        """Element i of a value that is spread over `shape`."""
        if value.constant is not None:
            flat = value.constant.ravel()
            if len(flat) and (flat == flat[0]).all():
                return literal(flat[0], value.kind)
            return f"{self.constant(np.broadcast_to(value.constant, shape), narrow=True)}[i]"
        if value.size == int(np.prod(shape)):
            return f"({value.text})[i]"
        if value.size == 1:
            return f"({value.text})[0]"
        places = np.broadcast_to(np.arange(value.size).reshape(value.shape), shape)
        return f"({value.text})[{self.constant(places, np.int32)}[i]]"

    def moved(self, value: CppValue, places: np.ndarray, otherwise: float = 0.0) -> CppValue:
        """The numbers at `places` of a value, (shape of the result) int; -1 stands for the number `otherwise`."""
        flat, shape = places.ravel(), places.shape
        if value.constant is not None:
            assert flat.min(initial=0) >= 0
            return CppValue(shape, value.kind, value.constant.ravel()[flat].reshape(shape))
        if len(flat) and (flat == np.arange(flat[0], flat[0] + len(flat))).all() and flat[0] >= 0:
            return value.under(shape, int(flat[0]))
        result = self.room(shape, value.kind)

        def write() -> list[str]:
            table = f"{self.constant(places, np.int32)}[i]"
            if flat.min() < 0:
                filled = literal(otherwise, value.kind)
                return _over(len(flat), f"({result.text})[i] = {table} < 0 ? {filled} : ({value.text})[{table}];")
            return _over(len(flat), f"({result.text})[i] = ({value.text})[{table}];")

        self.add([value], [result], write)
        return result

    # ---- the whole

    def body(self, results: Sequence[tuple[str, str]]) -> list[str]:
        """The statements, after which every (name, pointer) of `results` holds its value."""
        self.finish_loop()
        for name, pointer in results:
            self._copy_out(self.values[name], pointer)
        self._place()
        sizes: Counter[str] = Counter()
        for room in self._rooms():
            sizes[room.kind] = max(sizes[room.kind], room.at + room.size)
        lines = [f"alignas(64) static thread_local {kind} {ARENAS[kind]}[{size}];" for kind, size in sorted(sizes.items())]
        for statement in self.statements:
            lines += statement.write()
        return lines

    def _copy_out(self, value: CppValue, pointer: str) -> None:
        def write() -> list[str]:
            text = self.constant(value.constant) if value.constant is not None else value.text
            return _over(value.size, f"{pointer}[i] = ({text})[i];")

        self.statements.append(CppStatement(write, [value], []))

    def _rooms(self) -> list[ArenaPart]:
        found: dict[int, ArenaPart] = {}
        for statement in self.statements:
            for value in (*statement.writes, *statement.reads):
                if value.room is not None:
                    found[id(value.room)] = value.room
        return list(found.values())

    def _place(self) -> None:
        """Give every room its place: the first gap among those that are in use at the same time."""
        rooms = self._rooms()
        for room in rooms:
            room.first = len(self.statements)
        for number, statement in enumerate(self.statements):
            for value in (*statement.writes, *statement.reads):
                if value.room is not None:
                    value.room.first, value.room.last = min(value.room.first, number), max(value.room.last, number)
        placed: list[ArenaPart] = []
        for room in sorted(rooms, key=lambda one: -one.size):
            beside = [one for one in placed if one.kind == room.kind and one.first <= room.last and room.first <= one.last]
            for other in sorted(beside, key=lambda one: one.at):
                if room.at + room.size <= other.at:
                    break
                room.at = max(room.at, -(-(other.at + other.size) // ALIGNMENT) * ALIGNMENT)
            placed.append(room)


def _needed(nodes: Sequence[OnnxNode], wanted: Sequence[str]) -> list[OnnxNode]:
    """The nodes that what is wanted depends on."""
    names, found = set(wanted), []
    for node in reversed(nodes):
        if names.intersection(filter(None, node.outputs)):
            names.update(node.inputs)
            found.append(node)
    return found[::-1]


def _over(n: int, statement: str) -> list[str]:
    return [f"for (int i = 0; i < {n}; ++i) {statement}"]
