"""A small builder of explicit-vector code, on top of llvmlite.

Why not plain loops: LLVM does not keep a block of accumulators in registers for a loop whose extents are known only at
run time; written out, a matrix product reaches the machine's peak, as a loop nest a quarter of it.

A `Vectors` wraps one IR builder, one element type and one lane count. Everything it emits is independent of the lane
count in its results: lanes are separate elements, never terms of one sum (but for `product_dot`, whose 16 partial
sums are logical lanes, the same for every width).
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from ._jit import VECTOR_BYTES

I1, I8, I32, I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))


def i64(value: int) -> ir.Constant:
    return ir.Constant(I64, value)


def element_size(element: ir.Type) -> int:
    """Bytes of an LLVM float or double."""
    return 4 if isinstance(element, ir.FloatType) else 8


def lane_count(element: ir.Type) -> int:
    """Elements in one vector register of the host."""
    return VECTOR_BYTES // element_size(element)


@intrinsic
def lanes_of(typingctx, p):
    """Lanes of one vector of the pointer's element type."""

    def codegen(context, builder, signature, args):
        return i64(lane_count(args[0].type.pointee))

    return types.int64(p), codegen


class Vectors:
    """Loads, stores, masks and arithmetic on <lanes x element>."""

    def __init__(self, builder: ir.IRBuilder, element: ir.Type, lanes: int | None = None):
        self.builder, self.element = builder, element
        self.lanes = lanes or lane_count(element)
        self.size = element_size(element)
        self.type = ir.VectorType(element, self.lanes)
        self.mask_type = ir.VectorType(I1, self.lanes)
        self.suffix = f"v{self.lanes}f{8 * self.size}"
        self.zero = ir.Constant(self.type, [0.0] * self.lanes)

    def _call(self, name, result, *args):
        function_type = ir.FunctionType(result, [a.type for a in args])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, function_type, name), args)

    def broadcast(self, scalar):
        """All lanes equal to `scalar`."""
        undefined = ir.Constant(ir.VectorType(scalar.type, self.lanes), ir.Undefined)
        one = self.builder.insert_element(undefined, scalar, ir.Constant(I32, 0))
        return self.builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(I32, self.lanes), [0] * self.lanes))

    def first(self, count):
        """Mask of the first `count` lanes."""
        lanes = ir.Constant(ir.VectorType(I64, self.lanes), list(range(self.lanes)))
        return self.builder.icmp_signed("<", lanes, self.broadcast(count))

    def load(self, pointer, mask=None):
        """Vector at `pointer` (any alignment); lanes outside the mask are zero and not touched in memory."""
        where = self.builder.bitcast(pointer, self.type.as_pointer())
        if mask is None:
            value = self.builder.load(where)
            value.align = self.size
            return value
        return self._call(f"llvm.masked.load.{self.suffix}.p0", self.type, where, ir.Constant(I32, self.size), mask, self.zero)

    def store(self, value, pointer, mask=None):
        where = self.builder.bitcast(pointer, self.type.as_pointer())
        if mask is None:
            self.builder.store(value, where).align = self.size
        else:
            self._call(f"llvm.masked.store.{self.suffix}.p0", ir.VoidType(), value, where, ir.Constant(I32, self.size), mask)

    def unless_null(self, pointer, load):
        """The vectors that load() emits, or as many zeros where `pointer` is null."""
        builder = self.builder
        before = builder.block
        there, after = builder.append_basic_block("there"), builder.append_basic_block("start")
        builder.cbranch(builder.icmp_unsigned("==", pointer, ir.Constant(pointer.type, None)), after, there)
        builder.position_at_end(there)
        loaded = load()
        builder.branch(after)
        builder.position_at_end(after)
        phis = []
        for value in loaded:
            phi = builder.phi(value.type)
            phi.add_incoming(ir.Constant(value.type, None), before)
            phi.add_incoming(value, there)
            phis.append(phi)
        return phis

    def prefetch(self, pointer):
        """Have the line of the cache at `pointer` fetched; any address will do."""
        where, (reading, keep, data) = self.builder.bitcast(pointer, I8.as_pointer()), (ir.Constant(I32, n) for n in (0, 3, 1))
        self._call("llvm.prefetch.p0", ir.VoidType(), where, reading, keep, data)

    def fma(self, a, b, c):
        """a * b + c with one rounding."""
        return self._call(f"llvm.fma.{self.suffix}", self.type, a, b, c)

    def unary(self, name, a):
        """An LLVM intrinsic of one argument, such as rint, in every lane."""
        return self._call(f"llvm.{name}.{self.suffix}", self.type, a)

    def shuffle(self, a, b, lanes):
        return self.builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(I32, self.lanes), lanes))

    def transpose(self, rows):
        """Transpose of `lanes` vectors held in registers, by log2(lanes) rounds of two-vector shuffles."""
        distance = self.lanes // 2
        while distance:
            low = [j if not j & distance else self.lanes + j - distance for j in range(self.lanes)]
            high = [j + distance if not j & distance else self.lanes + j for j in range(self.lanes)]
            out = list(rows)
            for r in range(self.lanes):
                if not r & distance:
                    out[r] = self.shuffle(rows[r], rows[r + distance], low)
                    out[r + distance] = self.shuffle(rows[r], rows[r + distance], high)
            rows, distance = out, distance // 2
        return rows

    def sums_of_lanes(self, sums):
        """The sum of the lanes of every vector, as scalars: halves are added, two vectors sharing one, by one fixed tree."""
        count, width = len(sums), self.lanes
        undefined = ir.Constant(self.type, ir.Undefined)
        while width > 1:
            width //= 2
            halves = [[j for j in range(2 * self.lanes) if j % (2 * width) // width == h] for h in (0, 1)]
            pairs = [(sums[g], sums[g + 1] if g + 1 < len(sums) else undefined) for g in range(0, len(sums), 2)]
            sums = [self.builder.fadd(*(self.shuffle(a, b, half) for half in halves)) for a, b in pairs]
        return [self.builder.extract_element(sums[i // self.lanes], ir.Constant(I32, i % self.lanes)) for i in range(count)]


@intrinsic
def copy_vector(typingctx, x, y):
    """One vector from x to y."""

    def codegen(context, builder, signature, args):
        vectors = Vectors(builder, args[0].type.pointee)
        vectors.store(vectors.load(args[0]), args[1])
        return context.get_dummy_value()

    return types.none(x, y), codegen


def counted_loop(builder, start, stop, step: int, carried, body):
    """Emit `for i in range(start, stop - step + 1, step): carried = body(i, carried)` with the carried values in phis.

    Returns the index after the last round and the carried values.
    """
    before = builder.block
    head, inside, after = (builder.append_basic_block(name) for name in ("head", "body", "after"))
    builder.branch(head)
    builder.position_at_end(head)
    index = builder.phi(I64)
    index.add_incoming(start, before)
    phis = [builder.phi(value.type) for value in carried]
    for phi, value in zip(phis, carried):
        phi.add_incoming(value, before)
    following = builder.add(index, i64(step))
    builder.cbranch(builder.icmp_signed("<=", following, stop), inside, after)
    builder.position_at_end(inside)
    out = body(index, phis)
    index.add_incoming(following, builder.block)
    for phi, value in zip(phis, out):
        phi.add_incoming(value, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    return index, phis


def new_function(module, owner, name, argument_types):
    """A void function that lives once per program, and that already has its blocks when this module has seen it.

    `owner` is the __name__ of the Python module that emits it: two files may then use one name for two functions, which
    the linker would otherwise take for one and the same.
    """
    name = f"{owner}.{name}"
    if name in module.globals:
        return module.globals[name]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), argument_types), name)
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    function.attributes.add("nounwind")
    return function


def switch_call(builder, selector, cases):
    """Call the void function of the case that equals `selector`: cases = {int: (function, args)}; none matches: nothing."""
    done = builder.append_basic_block("done")
    switch = builder.switch(selector, done)
    for value, (function, args) in cases.items():
        block = builder.append_basic_block("case")
        switch.add_case(i64(value), block)
        with builder.goto_block(block):
            builder.call(function, args)
            builder.branch(done)
    builder.position_at_end(done)
